/** Explains opcodes, payloads and close codes to readers who have not read the RFC. */
import { Opcode } from "../../core/opcodes.ts";
import type { FrameRecord } from "../record.ts";

export function explainOpcode({ opcode, fragment, messageType }: FrameRecord): string {
  switch (opcode) {
    case Opcode.CONTINUATION:
      return messageType === undefined
        ? "A continuation, but there is no message to continue."
        : `The next fragment, number ${fragment! + 1}, of a ${messageType} message. Its first frame gave the type.`;
    case Opcode.TEXT:
      return "Text, which must be UTF-8. The first frame of its message, perhaps the only one.";
    case Opcode.BINARY:
      return "Bytes, whose meaning the application defines. The first frame of its message, perhaps the only one.";
    case Opcode.CLOSE:
      return "The sender closes the connection and sends nothing after this. The peer answers with a Close frame; then the transport ends.";
    case Opcode.PING:
      return "Asks whether the peer is still there. It answers with a Pong that has the same payload.";
    case Opcode.PONG:
      return "The answer to a Ping, with the same payload. A Pong without a Ping is allowed: it shows that the sender is alive.";
    default:
      return opcode < Opcode.CLOSE
        ? "An opcode reserved for new kinds of data frames. It must not be used until an extension defines it."
        : "An opcode reserved for new control frames. It must not be used until an extension defines it.";
  }
}

export function explainPayload(frame: FrameRecord): string {
  const { opcode, masked, inflated, inflatedLength, payloadLength, payload, inflationStopped } = frame;
  const sentences: string[] = [];
  switch (opcode) {
    case Opcode.CLOSE:
      sentences.push(
        "A two-byte code that says why, and an optional reason in words. A Close frame can also be empty.",
      );
      break;
    case Opcode.PING:
    case Opcode.PONG:
      sentences.push("Up to 125 bytes of the sender's choice. A Pong repeats the bytes of its Ping.");
      break;
    default:
      sentences.push(frame.messageType === "text" ? "The text, or a part of it." : "The data, or a part of it.");
  }
  if (masked) sentences.push("On the wire it is masked with the key before it.");
  if (inflated !== undefined) {
    sentences.push(`It is compressed: ${payloadLength} bytes inflate to ${inflatedLength}.`);
    sentences.push("The four bytes 00 00 ff ff that end every such message are not sent.");
  }
  if (inflationStopped) sentences.push("Inflating stopped: the data is corrupt, or exceeds the limit when inflated.");
  if (payload.length < payloadLength && frame.complete)
    sentences.push(`Only the first ${payload.length} bytes are kept here.`);
  if (frame.redacted) sentences.push("Its content was removed from this trace.");
  return sentences.join(" ");
}

const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: "Normal: the connection has served its purpose.",
  1001: "Going away: the user leaves the page, or the server shuts down.",
  1002: "Protocol error: the peer broke the rules of WebSocket.",
  1003: "Unsupported data: this end does not accept such a message, for example binary instead of text.",
  1004: "Reserved, with no meaning so far. It must not be sent.",
  1005: "Reported locally: the Close frame had no code. It must not be sent.",
  1006: "Reported locally: the connection ended without a Close frame. It must not be sent.",
  1007: "Invalid payload: text that is not UTF-8, or data that does not fit its type.",
  1008: "Policy violation: the message is not acceptable, and no other code fits.",
  1009: "Message too big.",
  1010: "Mandatory extension: the client needs an extension that the server did not accept.",
  1011: "Internal error: the sender met something that it could not handle.",
  1012: "Service restart: try again in a while.",
  1013: "Try again later: the server is overloaded.",
  1014: "Bad gateway: a server behind this one gave an invalid answer.",
  1015: "Reported locally: the TLS handshake failed. It must not be sent.",
};

export function explainCloseCode(code: number): string {
  const known = CLOSE_CODES[code];
  if (known !== undefined) return known;
  if (code >= 4000 && code <= 4999) return "A private code: its meaning is up to the application.";
  if (code >= 3000 && code <= 3999) return "A code for libraries and frameworks, registered with IANA.";
  if (code >= 1000 && code <= 2999) return "Reserved for later versions of the protocol. It must not be sent.";
  return "Not a close code. It must not be sent.";
}
