/** The worker with the tools: an MCP server for each port that it is given. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { messagePortTransport } from "websocket-over/messageport";
import { accept } from "websocket-over/stream";
import { SessionTransport } from "./transport.ts";

export async function serveTools(port: MessagePort): Promise<void> {
  const server = new McpServer({ name: "tools", version: "1.0.0" });
  server.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
    content: [{ type: "text", text: String(a + b) }],
  }));
  const request = await accept(messagePortTransport(port));
  await server.connect(new SessionTransport(await request.accept({ subprotocol: "mcp" })));
}
