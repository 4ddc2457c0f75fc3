/** The page: it lists the tools at the other end of a port, and calls one. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { messagePortTransport } from "websocket-over/messageport";
import { connect } from "websocket-over/stream";
import { serveTools } from "./tools.ts";
import { SessionTransport } from "./transport.ts";

const { port1, port2 } = new MessageChannel();
void serveTools(port2); // or in a worker: worker.postMessage(port2, [port2])

const session = await connect(messagePortTransport(port1), { protocols: "mcp" });
const client = new Client({ name: "page", version: "1.0.0" });
await client.connect(new SessionTransport(session));
const { tools } = await client.listTools();
console.log(tools.map(({ name }) => name).join());
const { content } = await client.callTool({ name: "add", arguments: { a: 2, b: 3 } });
console.log(content);
await client.close();
