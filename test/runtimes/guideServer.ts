/** The server of the guide to WebTransport, run by Deno. */
import { serveSession } from "../../examples/webtransport/server.ts";
import { listenTillTold } from "./listenTillTold.ts";

await listenTillTold({ port: serveSession });
