/** A transport of the Model Context Protocol over a session, for clients and servers. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { WebSocketSession } from "websocket-over/stream";

export class SessionTransport implements Transport {
  readonly #session: WebSocketSession;
  onmessage?: (message: JSONRPCMessage) => void;
  onerror?: (error: Error) => void;
  onclose?: () => void;

  constructor(session: WebSocketSession) {
    this.#session = session;
  }

  start(): Promise<void> {
    void this.#read();
    return Promise.resolve();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#session.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #read(): Promise<void> {
    try {
      for await (const text of this.#session) this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(String(text))));
    } catch (error) {
      this.onerror?.(error as Error);
    }
    this.onclose?.();
  }
}
