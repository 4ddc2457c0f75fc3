/** Puts the playground into the page, with a message already sent. */
import { render } from "preact";
import { keepFocusIn } from "./components/focusKeeper.ts";
import { followExplain } from "./explain/explained.ts";
import { takeBytes } from "./explain/taking.ts";
import { holdUnavailable } from "./components/unavailable.ts";
import { conversation, selected } from "./model/playground.ts";
import { Playground } from "./playground.tsx";
import { followHash } from "./scenarios/teller.ts";

const root = document.getElementById("playground")!;
render(<Playground />, root);
keepFocusIn(root);
holdUnavailable();
takeBytes();
followExplain();

if (!followHash()) sayHello();

// Once opened, the page opens without a network, too. While it is worked on its files change.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("./offline.js").catch(() => undefined);
}

/** What a newcomer finds: a connection that is open, a message that was sent, and its bytes. */
function sayHello(): void {
  const { client, timeline, version } = conversation.value;
  const stop = client.value!.state.subscribe((state) => {
    if (state !== "open") return;
    void client.value!.perform({ do: "send", data: "hello" });
    queueMicrotask(() => stop());
  });
  const done = version.subscribe(() => {
    const hello = timeline.items.find((item) => item.kind === "record" && item.record.kind === "frame");
    if (hello === undefined) return;
    selected.value ??= hello;
    queueMicrotask(() => done());
  });
}
