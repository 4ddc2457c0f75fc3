/** Events as plain data, for records and vectors. */
import { ProtocolError } from "../core/errors.ts";
import type { WSEvent } from "../core/events.ts";

/**
 * An event without its bytes. `length` is their number (for text, the number of UTF-16 code units). Headers are lists.
 * An error consists of its message and its stable fields. A request's `url` is omitted, because `target` and `host`
 * contain the same.
 *
 * @see {@link tap}
 */
export interface PlainEvent {
  readonly type: WSEvent["type"];
  readonly [name: string]: unknown;
}

/** `bytesAs` formats the data; without it only the length is included. */
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
