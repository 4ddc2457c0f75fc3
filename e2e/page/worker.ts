/** A worker that is the server of a story, on the ports that it is given. */
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { startServer } from "../story/serveStory.ts";

const serve = startServer();
addEventListener("message", ({ data }: MessageEvent<MessagePort>) => serve([messagePortTransport(data)]));
