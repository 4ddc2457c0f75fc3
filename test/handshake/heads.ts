/** The heads of the specification's example (RFC 6455 §1.3), with changed lines, and parsed answers. */
import { expect } from "vitest";
import { WSConnection, type AcceptOptions, type ClientOptions, type WSEvent } from "../../src/index.ts";
import { ascii, expectClosed, head, type Bytes } from "../support/wire.ts";

export const NONCE = "the sample nonce";
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const REQUEST = [
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
];

const RESPONSE = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

/**
 * The example's request, changed: `=` replaces the first line, `-Name` drops a header, `+line` adds a line at the end,
 * and `Name: value` replaces the header of that name.
 */
export function request(...changes: string[]): Bytes {
  return changed(REQUEST, changes);
}

/** The example's answer, changed in the same way. */
export function response(...changes: string[]): Bytes {
  return changed(RESPONSE, changes);
}

function changed(original: readonly string[], changes: readonly string[]): Bytes {
  let lines = [...original];
  for (const change of changes) {
    const rest = change.slice(1);
    if (change.startsWith("=")) lines[0] = rest;
    else if (change.startsWith("+")) lines.push(rest);
    else {
      const dropped = change.startsWith("-");
      const name = dropped ? rest : change.slice(0, change.indexOf(":"));
      const at = lines.findIndex((line) => line.startsWith(`${name}:`));
      if (at < 0) throw new Error(`no header ${name} to change`);
      lines = dropped ? lines.filter((_, i) => i !== at) : lines.map((line, i) => (i === at ? change : line));
    }
  }
  return head(...lines);
}

/** A client whose key is the example's. Its request is taken already. */
export function client(options: Partial<ClientOptions> = {}): WSConnection {
  const connection = new WSConnection("client", {
    host: "server.example.com",
    resource: "/chat",
    random: exampleNonce,
    ...options,
  });
  connection.bytesToSend();
  return connection;
}

export function exampleNonce(bytes: Uint8Array): void {
  bytes.set(ascii(NONCE).subarray(0, bytes.length));
}

export interface Message {
  readonly startLine: string;
  /** Every field line as it stands, in order. */
  readonly lines: readonly string[];
  /** The values of a field name, in order. */
  readonly values: (name: string) => string[];
  readonly body: string;
}

/** Reads a head and the bytes after it, using only its line breaks. */
export function readMessage(bytes: Uint8Array): Message {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const end = text.indexOf("\r\n\r\n");
  expect(end, `a whole head: ${text}`).toBeGreaterThan(0);
  const [startLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const values = (name: string): string[] =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      .map((line) => line.slice(name.length + 1).trim());
  return { startLine, lines, values, body: text.slice(end + 4) };
}

/** Expects that these bytes are one answer with its whole body, that names its cause and closes the stream. */
export function expectRefusal(bytes: Uint8Array, status: number, why: RegExp): Message {
  const message = readMessage(bytes);
  expect(message.startLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(message.values("connection").join().toLowerCase()).toContain("close");
  expect(message.values("content-length")).toEqual([String(message.body.length)]);
  expect(message.body).toMatch(why);
  return message;
}

/** Expects that the connection ended before it was open, by nobody's fault. */
export function expectEndOfStream(connection: WSConnection, events: readonly WSEvent[]): void {
  expect(expectClosed(events)).toEqual({ type: "connectionClosed", code: 1006, reason: "", wasClean: false });
  expect(connection.state).toBe("closed");
}

/** Feeds a server that accepts as soon as it has the request. */
export function feedAccepting(
  connection: WSConnection,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
  options: AcceptOptions = {},
): WSEvent[] {
  const events: WSEvent[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    connection.receiveBytes(bytes.slice(start, end));
    for (const event of connection.events()) {
      events.push(event);
      if (event.type === "connectionRequested") connection.accept(event, options);
    }
    start = end;
  }
  return events;
}

/** A server that has been asked, and what it was asked. */
export function asked(bytes: Uint8Array = request()): {
  server: WSConnection;
  requested: Extract<WSEvent, { type: "connectionRequested" }>;
} {
  const server = new WSConnection("server");
  server.receiveBytes(bytes);
  const events = [...server.events()];
  expect(events.map((event) => event.type)).toEqual(["connectionRequested"]);
  return { server, requested: events[0] as Extract<WSEvent, { type: "connectionRequested" }> };
}
