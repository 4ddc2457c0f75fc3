/** Renders the playground, with a message already sent. */
import { render } from "preact";
import { keepFocusIn } from "./components/focusKeeper.ts";
import { followExplain } from "./explain/explained.ts";
import { takeBytes } from "./explain/taking.ts";
import { holdUnavailable } from "./components/unavailable.ts";
import { conversation, selected } from "./model/playground.ts";
import { Playground } from "./playground.tsx";
import { followInvitation } from "./connect/invited.ts";
import { findRelay, isServedByCommand } from "./network/relay.ts";
import { followHash } from "./scenarios/teller.ts";

const root = document.getElementById("playground")!;
render(<Playground />, root);
keepFocusIn(root);
holdUnavailable();
takeBytes();
followExplain();
followInvitation();
void findRelay();

if (!followHash()) sayHello();

// Once opened, the page also opens without a network. Not in development, where its files change, and not from the
// command, whose port may be another program's tomorrow.
if (import.meta.env.PROD && !isServedByCommand() && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("./offline.js").catch(() => undefined);
}

/** The initial state: an open connection, a sent message, and its bytes. */
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
