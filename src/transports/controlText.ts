/** What the two ends of a stream tell each other, as text: for carriers that know text from bytes. */
import type { CarrierLink } from "./carrierLink.ts";
import { isBuffer, type Control } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

/** The name under which two ends agree on them, as the protocol of a channel or the subprotocol of a WebSocket. */
export const controlProtocol = "bytes-with-credits";

/** `grant N`, `end`, `reset REASON` or `stop REASON`. */
export function textOf(control: Control): string {
  if (control.type === "end") return "end";
  return `${control.type} ${control.type === "grant" ? control.cost : control.reason}`;
}

/** `undefined` for text that is none of these. */
export function controlOf(text: string): Control | undefined {
  const grant = /^grant ([1-9]\d{0,14})$/.exec(text);
  if (grant !== null) return { type: "grant", cost: Number(grant[1]) };
  const [, type, reason = ""] = /^(end|reset|stop)(?: (.*))?$/s.exec(text) ?? [];
  return type === undefined ? undefined : { type: type as "end" | "reset" | "stop", reason };
}

/** Takes a message that has come: a control in text, or bytes. `hear` is called with a control before it is obeyed. */
export function receiveMessage(link: CarrierLink, data: unknown, hear?: (control: Control) => void): void {
  if (isBuffer(data)) {
    if (data.byteLength > 0) link.receive(new Uint8Array(data));
    return;
  }
  const text = String(data);
  const control = link.isOurs ? controlOf(text) : undefined;
  if (control === undefined) {
    link.refuse(new TransportError("badMessage", `only bytes may come, not "${text.slice(0, 32)}"`));
  } else {
    hear?.(control);
    link.obey(control);
  }
}
