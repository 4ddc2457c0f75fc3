/** The fields of an event as rows: names, and values cut to what a page can show. */
import type { AgreedExtension, CloseFrame, WSEvent } from "../../src/index.ts";
import { count, cutText, hex, quoted } from "./format.ts";
import type { MessageSize } from "./measuredExtension.ts";

export type Fact = readonly [name: string, value: string];

const MAX_CHARACTERS = 240;
const MAX_BYTES = 48;

/** Keeps none of the event's bytes. Includes the size of the message that ends with it, if an extension measures it. */
export function eventFacts(event: WSEvent, size?: MessageSize): Fact[] {
  switch (event.type) {
    case "connectionRequested":
      return [
        ["target", cutText(event.target, MAX_CHARACTERS)],
        ["host", event.host],
        ["origin", event.origin ?? "none"],
        ["subprotocols", event.subprotocols.join(", ") || "none"],
        ["extensions", extensionsText(event.extensions)],
      ];
    case "connectionEstablished":
      return [
        ["subprotocol", event.subprotocol ?? "none"],
        ["extensions", extensionsText(event.extensions)],
      ];
    case "connectionRejected":
      return [["status", `${event.status} ${event.statusText}`]];
    case "rejectionData":
      return [...bytesFacts("data", event.data), ["finished", String(event.finished)]];
    case "textReceived":
      return [["data", quoted(event.data)], ...pieceFacts(event), ...sizeFacts(size)];
    case "bytesReceived":
      return [...bytesFacts("data", event.data), ...pieceFacts(event), ...sizeFacts(size)];
    case "pingReceived":
      return bytesFacts("payload", event.payload);
    case "pongReceived":
      return bytesFacts("payload", event.payload);
    case "connectionClosed":
      return [
        ["code", String(event.code)],
        ["reason", quoted(event.reason)],
        ["wasClean", String(event.wasClean)],
        ...optional("initiator", event.initiator),
        ...optional("sent", event.sent && closeFrameText(event.sent)),
        ...optional("error", event.error && `${event.error.message} (${event.error.code})`),
      ];
  }
}

function optional(name: string, value: string | undefined): Fact[] {
  return value === undefined ? [] : [[name, value]];
}

/** The end of a message is also the end of a frame. */
function pieceFacts({ frameFinished, messageFinished }: { frameFinished: boolean; messageFinished: boolean }): Fact[] {
  const facts: Fact[] = [["messageFinished", String(messageFinished)]];
  return messageFinished ? facts : [["frameFinished", String(frameFinished)], ...facts];
}

/** The bytes that compression saved. */
function sizeFacts(size: MessageSize | undefined): Fact[] {
  if (size === undefined) return [];
  const { wireBytes, bytes } = size;
  const share = Math.round((100 * (bytes - wireBytes)) / bytes);
  const saved = share > 0 ? `, ${share} % saved` : share < 0 ? `, ${-share} % more` : "";
  return [["on the wire", `${count(wireBytes, "byte")} for ${bytes}${bytes > 0 ? saved : ""}`]];
}

function extensionsText(extensions: readonly AgreedExtension[]): string {
  const text = extensions.map(({ name, parameters }) =>
    [name, ...parameters.map((parameter) => parameter.join("="))].join("; "),
  );
  return text.join(", ") || "none";
}

function bytesFacts(name: string, bytes: Uint8Array): Fact[] {
  if (bytes.length === 0) return [[name, "no bytes"]];
  const shown = bytes.subarray(0, MAX_BYTES);
  const rest = bytes.length - shown.length;
  return [
    [name, hex(shown) + (rest > 0 ? ` … (+${count(rest, "byte")})` : "")],
    ...optional("as text", readableText(bytes.subarray(0, MAX_CHARACTERS))),
    ["length", count(bytes.length, "byte")],
  ];
}

/** `undefined` if the bytes are not text, or not visible text. */
function readableText(bytes: Uint8Array): string | undefined {
  try {
    // A character that is cut at the end is left out.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return text === "" || /[^\P{C}\s]/u.test(text) ? undefined : quoted(text);
  } catch {
    return undefined;
  }
}

function closeFrameText({ code, reason }: CloseFrame): string {
  return reason === "" ? String(code) : `${code} ${quoted(reason)}`;
}
