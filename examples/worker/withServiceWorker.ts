/** The page: connects to its service worker. */
import { messagePortTransport } from "websocket-over/messageport";
import { connect } from "websocket-over/stream";

await navigator.serviceWorker.register(new URL("./serviceWorker.ts", import.meta.url), { type: "module" });
const { active } = await navigator.serviceWorker.ready;

const { port1, port2 } = new MessageChannel();
active!.postMessage("connect", [port2]);
const session = await connect(messagePortTransport(port1));
await session.send("hello");
document.body.append(String(await session.receive()));
await session.close();
