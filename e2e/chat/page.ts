/** The chat's page. Its connection is in the page itself or, with `?where=worker`, in a worker. */
import { ChatConnection, type ChatEvent, type ChatOptions } from "./chatConnection.ts";

const query = new URLSearchParams(location.search);
const options: ChatOptions = {
  url: query.get("url") ?? "wss://chat.example/live?room=hall",
  silenceMs: Number(query.get("silence") ?? 600_000),
  patienceMs: Number(query.get("patience") ?? 600_000),
};
const find = (id: string): HTMLElement => document.getElementById(id)!;

function show(event: ChatEvent): void {
  if (event.type === "status") {
    const status = find("status");
    status.textContent = event.status;
    // Some states are too short for a test to see.
    status.dataset.past = `${status.dataset.past ?? ""}${event.status}; `;
    find("protocol").textContent = event.protocol;
  } else {
    const item = document.createElement("li");
    item.textContent = `${event.from}: ${event.text}`;
    find("messages").append(item);
  }
}

/** The page's calls to its connection, in the page or in the worker. */
interface Chat {
  say(content: string | Uint8Array<ArrayBuffer>): void;
  leave(): void;
}

function inWorker(): Chat {
  // The worker's own policy comes with its script.
  const worker =
    query.get("policy") === "open"
      ? new Worker(new URL("./worker.ts?policy=open", import.meta.url), { type: "module" })
      : new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<ChatEvent>) => show(data);
  worker.postMessage({ options });
  Object.assign(globalThis, { chatWorker: worker });
  return {
    say: (content) => worker.postMessage({ say: content }),
    leave: () => worker.postMessage({ leave: true }),
  };
}

const chat = query.get("where") === "worker" ? inWorker() : new ChatConnection(options, show);
const composer = find("composer") as HTMLFormElement;
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  chat.say((composer.elements.namedItem("text") as HTMLInputElement).value);
  composer.reset();
});
find("attach").addEventListener("click", () => chat.say(new Uint8Array([1, 2, 3])));
find("leave").addEventListener("click", () => chat.leave());
