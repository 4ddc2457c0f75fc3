/** Describes one record in one sentence, for a reader new to frames. */
import type { FrameRecord, HeadRecord, TraceRecord } from "../../src/inspect/index.ts";
import { count, quoted } from "../model/format.ts";

export interface Sentence {
  readonly words: string;
  /** What the record says itself, if it is short text. */
  readonly said: string | undefined;
}

const MAX_SAID = 80;
const decoder = new TextDecoder();

export function sentenceOf(record: TraceRecord): Sentence {
  switch (record.kind) {
    case "head":
      return headSentence(record);
    case "body":
      return record.message === "rejection"
        ? { words: `The body of an answer, ${count(record.length, "byte")}`, said: undefined }
        : { words: `${count(record.length, "byte")} that are not WebSocket`, said: undefined };
    case "frame":
      return record.header.length < 2
        ? { words: "The beginning of a frame", said: undefined }
        : { words: frameWords(record), said: saidIn(record) };
  }
}

function headSentence({ message, startLine, status }: HeadRecord): Sentence {
  if (message === "request") return { words: "A request to speak WebSocket, in HTTP", said: startLine };
  const answer =
    status === 101
      ? "The server says yes: from here on both speak WebSocket"
      : status !== undefined && status < 200
        ? "An answer of the server that is not the last one"
        : "The server says no";
  return { words: answer, said: startLine };
}

function frameWords(frame: FrameRecord): string {
  const { payloadLength, masked, opcode, close, inflatedLength, redacted } = frame;
  const size = opcode === 8 ? [] : [payloadLength === 0 ? "empty" : count(payloadLength, "byte")];
  const inflated = inflatedLength === undefined ? [] : [`inflated to ${count(inflatedLength, "byte")}`];
  const code = opcode === 8 && close !== undefined && close.code !== 1005 ? [`code ${close.code}`] : [];
  return [
    kindOf(frame),
    ...code,
    ...size,
    ...inflated,
    masked ? "masked" : "not masked",
    ...(redacted ? ["its content taken out"] : []),
  ].join(", ");
}

function kindOf({ opcode, fin, messageType }: FrameRecord): string {
  switch (opcode) {
    case 0:
      return messageType === undefined
        ? "A continuation of nothing"
        : `${fin ? "The last piece" : "Another piece"} of a ${messageType} message`;
    case 1:
      return fin ? "Text, a whole message" : "The first piece of a text message";
    case 2:
      return fin ? "Binary data, a whole message" : "The first piece of a binary message";
    case 8:
      return "Close: the sender ends the connection";
    case 9:
      return "Ping: the sender asks for a Pong";
    case 10:
      return "Pong: the answer to a ping";
    default:
      return `A frame of the reserved kind 0x${opcode.toString(16)}`;
  }
}

function saidIn({ opcode, close, payload, inflated, messageType, redacted }: FrameRecord): string | undefined {
  if (redacted) return undefined;
  if (close !== undefined) return close.reason === "" ? undefined : quoted(close.reason, MAX_SAID);
  if (messageType !== "text" && opcode < 9) return undefined;
  const text = decoder.decode((inflated ?? payload).subarray(0, MAX_SAID * 4));
  return text === "" ? undefined : quoted(text, MAX_SAID);
}
