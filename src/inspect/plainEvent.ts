/** Events as plain data: what a record keeps of them, and what a vector writes down. */
import { ProtocolError } from "../core/errors.ts";
import type { WSEvent } from "../core/events.ts";

/**
 * An event without its bytes: `length` tells how many there were (of text, in UTF-16 code units). Headers are lists, an
 * error is its message and what is stable of it. A request's `url` is left out: `target` and `host` say the same.
 */
export interface PlainEvent {
  readonly type: WSEvent["type"];
  readonly [name: string]: unknown;
}

/** `withBytes` writes the data down, else only its length. */
export function plainEvent(event: WSEvent, bytesAs?: (bytes: Uint8Array) => unknown): PlainEvent {
  const plain: { type: WSEvent["type"]; [name: string]: unknown } = { type: event.type };
  for (const [name, value] of Object.entries(event) as [string, unknown][]) {
    if (name === "data" || name === "payload") {
      const data = value as string | Uint8Array;
      if (bytesAs === undefined) plain.length = data.length;
      else plain[name] = typeof data === "string" ? data : bytesAs(data);
    } else if (value instanceof Headers) {
      plain[name] = [...value];
    } else if (value instanceof ProtocolError) {
      plain[name] = plainError(value);
    } else if (value !== undefined && !(value instanceof URL)) {
      plain[name] = value;
    }
  }
  return plain;
}

function plainError(error: ProtocolError): Record<string, unknown> {
  const { name, message, code, closeCode, section, offset, status } = error;
  const all = { name, message, code, closeCode, section, offset, status };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
