/** Describes received messages and frames in words. */
import { frameKind } from "../inspect/counters.ts";
import type { FrameRecord } from "../inspect/record.ts";
import type { Capture } from "../inspect/trace.ts";
import type { Received } from "./receivedLog.ts";

const LONGEST_TEXT = 200;
const LONGEST_BYTES = 32;

export function describeReceived(item: Received): string {
  switch (item.type) {
    case "text":
      return showText(item.data);
    case "bytes":
      return showBytes(item.data);
    case "ping":
    case "pong":
      return item.data.length === 0 ? `a ${item.type}` : `a ${item.type} of ${showBytes(item.data)}`;
    case "close":
      return `a Close ${item.code}${item.reason === "" ? "" : ` ${showText(item.reason)}`}`;
  }
}

function showText(text: string): string {
  const shown = JSON.stringify(text.slice(0, LONGEST_TEXT));
  return text.length > LONGEST_TEXT ? `${shown} … (${text.length} characters)` : shown;
}

/** `length` is the total number of bytes, if not all are kept. */
function showBytes(bytes: Uint8Array, length: number = bytes.length): string {
  const shown = Array.from(bytes.subarray(0, LONGEST_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const more = length > LONGEST_BYTES ? " …" : "";
  return `${length} byte${length === 1 ? "" : "s"}${shown === "" ? "" : ` (${shown}${more})`}`;
}

/** How many of the latest frames a message shows. */
const FRAMES_SHOWN = 20;

/** Lists the latest frames, one per line. */
export function describeTrace({ records }: Capture): string {
  const frames = records.filter((record) => record.kind === "frame");
  if (frames.length === 0) return "No frames were seen.";
  const hidden = frames.length - FRAMES_SHOWN;
  const more = hidden > 0 ? [`  … ${hidden} before these`] : [];
  return ["Frames seen:", ...more, ...frames.slice(-FRAMES_SHOWN).map((frame) => `  ${describeFrame(frame)}`)].join(
    "\n",
  );
}

function describeFrame(frame: FrameRecord): string {
  const { sender, opcode, fin, rsv, inflated, payload, payloadLength, complete, close, messageType, violations } =
    frame;
  const content = frame.inflationStopped ? payload : (inflated ?? payload);
  const isText = messageType === "text";
  const shown = close
    ? `${close.code}${close.reason === "" ? "" : ` ${showText(close.reason)}`}`
    : isText
      ? showText(new TextDecoder().decode(content))
      : showBytes(content, complete ? (frame.inflatedLength ?? payloadLength) : content.length);
  const marks = [
    ...(fin ? [] : ["not final"]),
    ...(rsv === 0 ? [] : [`RSV ${rsv.toString(2).padStart(3, "0")}`]),
    ...(complete ? [] : [`cut after ${payload.length} of ${payloadLength} bytes`]),
    ...violations.map(({ message }) => message),
  ];
  const kind = frameKind(opcode);
  return `${sender}: ${kind === "reserved" ? `opcode ${opcode}` : kind} ${shown}${marks.length === 0 ? "" : ` (${marks.join("; ")})`}`;
}
