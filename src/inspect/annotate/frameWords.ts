/** Explains opcodes, payloads and close codes to readers who have not read the RFC. */
import { Opcode } from "../../core/opcodes.ts";
import type { FrameRecord } from "../record.ts";

export function explainOpcode({ opcode, fragment, messageType }: FrameRecord): string {
  switch (opcode) {
    case Opcode.CONTINUATION:
      return messageType === undefined
        ? "A continuation, but there is no message that it could continue."
        : `The next fragment, number ${fragment! + 1}, of a ${messageType} message whose first frame said what it is.`;
    case Opcode.TEXT:
      return "Text, which has to be UTF-8. This is the first frame of the message, and perhaps the only one.";
    case Opcode.BINARY:
      return "Bytes, whose meaning is the application's affair. This is the first frame of the message, and perhaps the only one.";
    case Opcode.CLOSE:
      return "The sender closes the connection and will send nothing more. The other side answers with a Close frame of its own, and then the bytes below are ended, too.";
    case Opcode.PING:
      return "Asks whether the other side is still there. It answers with a Pong that carries the same payload.";
    case Opcode.PONG:
      return "The answer to a Ping, with its payload. One that nobody asked for is allowed, and is a one-way sign of life.";
    default:
      return opcode < Opcode.CLOSE
        ? "An opcode that is reserved for further kinds of data frames. Nobody may use it until an extension defines it."
        : "An opcode that is reserved for further control frames. Nobody may use it until an extension defines it.";
  }
}

export function explainPayload(frame: FrameRecord): string {
  const { opcode, masked, inflated, inflatedLength, payloadLength, payload, inflationStopped } = frame;
  const sentences: string[] = [];
  switch (opcode) {
    case Opcode.CLOSE:
      sentences.push(
        "A code of two bytes that says why, and perhaps a reason in words. A Close frame may also be empty.",
      );
      break;
    case Opcode.PING:
    case Opcode.PONG:
      sentences.push("Up to 125 bytes of the sender's choice. A Pong repeats those of its Ping.");
      break;
    default:
      sentences.push(frame.messageType === "text" ? "A part of the text, or all of it." : "What the frame carries.");
  }
  if (masked) sentences.push("On the wire it is masked with the key in front of it.");
  if (inflated !== undefined) {
    sentences.push(`It is compressed: ${payloadLength} bytes that inflate to ${inflatedLength}.`);
    sentences.push("The four bytes 00 00 ff ff, with which every such message would end, are not sent.");
  }
  if (inflationStopped)
    sentences.push("Inflating was given up: the data is corrupt, or inflates to more than the limit.");
  if (payload.length < payloadLength && frame.complete)
    sentences.push(`Only the first ${payload.length} bytes are kept here.`);
  if (frame.redacted) sentences.push("What it said has been taken out of this trace.");
  return sentences.join(" ");
}

const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: "Normal: what the connection was for is done.",
  1001: "Going away: the page is left, or the server shuts down.",
  1002: "Protocol error: the other side broke the rules of WebSocket.",
  1003: "Unsupported data: a kind of message that this end can't take, such as binary where it wants text.",
  1004: "Reserved, with no meaning so far. It may not be sent.",
  1005: "For programs alone: the Close frame had no code. It may not be sent.",
  1006: "For programs alone: the connection broke without a Close frame. It may not be sent.",
  1007: "Invalid payload: text that is not UTF-8, or data that does not fit its type.",
  1008: "Policy violation: the message is not acceptable, and no other code fits.",
  1009: "Message too big.",
  1010: "Mandatory extension: the client needs an extension that the server did not agree to.",
  1011: "Internal error: the other side met something that it could not handle.",
  1012: "Service restart: try again in a while.",
  1013: "Try again later: the server has too much to do.",
  1014: "Bad gateway: what the server asked on your behalf gave a bad answer.",
  1015: "For programs alone: the TLS handshake failed. It may not be sent.",
};

export function explainCloseCode(code: number): string {
  const known = CLOSE_CODES[code];
  if (known !== undefined) return known;
  if (code >= 4000 && code <= 4999) return "A code of the application's own, for use between these two alone.";
  if (code >= 3000 && code <= 3999) return "A code for libraries and frameworks, which IANA registers.";
  if (code >= 1000 && code <= 2999) return "Reserved for later versions of the protocol. It may not be sent.";
  return "Not a close code at all. It may not be sent.";
}
