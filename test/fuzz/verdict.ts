/** The outcome of a stream of bytes, in words that two implementations can be compared by. */
import type { WSEvent } from "../../src/index.ts";

export interface Verdict {
  /** Whole messages, pings and pongs, in order. */
  readonly told: readonly string[];
  /** `open` as long as more may come, else the peer's Close, or the code that its fault is answered with. */
  readonly end: string;
  /** The stable name of the fault, where the implementation has one. */
  readonly fault?: string | undefined;
}

const toHex = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("hex");

export const tell = (kind: string, payload: Uint8Array | string): string =>
  `${kind} ${typeof payload === "string" ? JSON.stringify(payload) : toHex(payload)}`;

/** Gathers our events, whose pieces are put together. */
export class Teller {
  readonly told: string[] = [];
  end = "open";
  fault: string | undefined;
  #text = "";
  #bytes: string[] = [];

  add(event: WSEvent): void {
    switch (event.type) {
      case "textReceived":
        this.#text += event.data;
        if (!event.messageFinished) return;
        this.told.push(tell("text", this.#text));
        this.#text = "";
        break;
      case "bytesReceived":
        if (event.data.length > 0) this.#bytes.push(toHex(event.data));
        if (!event.messageFinished) return;
        this.told.push(`binary ${this.#bytes.join("")}`);
        this.#bytes = [];
        break;
      case "pingReceived":
        this.told.push(tell("ping", event.payload));
        break;
      case "pongReceived":
        this.told.push(tell("pong", event.payload));
        break;
      case "connectionClosed":
        this.fault = event.error?.code;
        if (event.error !== undefined) this.end = `fault ${event.error.closeCode ?? event.error.status}`;
        else if (event.received !== undefined) this.end = `close ${event.received.code} ${event.received.reason}`;
        else this.end = "lost";
        break;
      default:
    }
  }
}
