/**
 * Controls between the two ends of a stream, as text, for carriers that distinguish text from bytes: `grant N` adds N to
 * the credit; `end`; `reset REASON`; `stop REASON`. A message costs its bytes and 256 of the credit, and may be sent
 * while any credit is left. The credit starts at 65,536. Over data channels the last three are answered at once with
 * `heard`. Their sender keeps the channel open until then, but at most two seconds.
 */
import type { CarrierLink } from "./carrierLink.ts";
import { isBuffer, type Control } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

/** The name by which two ends agree on controls: the protocol of a channel, or the subprotocol of a WebSocket. */
export const controlProtocol = "bytes-with-credits";

/** Returns `grant N`, `end`, `reset REASON` or `stop REASON`. */
export function textOf(control: Control): string {
  if (control.type === "end") return "end";
  return `${control.type} ${control.type === "grant" ? control.cost : control.reason}`;
}

/** Parses a control. Returns `undefined` if the text is not one. */
export function controlOf(text: string): Control | undefined {
  const grant = /^grant ([1-9]\d{0,14})$/.exec(text);
  if (grant !== null) return { type: "grant", cost: Number(grant[1]) };
  const [, type, reason = ""] = /^(end|reset|stop)(?: (.*))?$/s.exec(text) ?? [];
  return type === undefined ? undefined : { type: type as "end" | "reset" | "stop", reason };
}

/** Handles a received message: a control in text, or bytes. `hear` is called with a control before it takes effect. */
export function receiveMessage(link: CarrierLink, data: unknown, hear?: (control: Control) => void): void {
  if (isBuffer(data)) {
    if (data.byteLength > 0) link.receive(new Uint8Array(data));
    return;
  }
  const text = String(data);
  const control = link.isOurs ? controlOf(text) : undefined;
  if (control === undefined) {
    link.refuse(new TransportError("badMessage", `expected bytes, not "${text.slice(0, 32)}"`));
  } else {
    hear?.(control);
    link.obey(control);
  }
}
