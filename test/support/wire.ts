/**
 * Bytes as the specification writes them, and connections that receive them in every way that a network may deliver.
 */
import { expect } from "vitest";
import {
  RemoteProtocolError,
  WSConnection,
  type ConnectionClosed,
  type ConnectionOptions,
  type ConnectionType,
  type Extension,
  type ProtocolErrorCode,
  type WSEvent,
} from "../../src/index.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** `hex("81 05", "48 65")`: spaces are ignored, and `xx*n` repeats a byte. */
export function hex(...parts: string[]): Bytes {
  const bytes = parts
    .join(" ")
    .split(/\s+/)
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [digits = "", times = "1"] = part.split("*");
      const pairs = digits.match(/[0-9a-f]{2}/gi) ?? [];
      if (pairs.join("") !== digits) throw new Error(`not hex: ${part}`);
      const run = pairs.map((pair) => parseInt(pair, 16));
      return Array.from({ length: Number(times) }, () => run).flat();
    });
  return Uint8Array.from(bytes);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Text as bytes: `\r\n` for the line breaks of a head written as lines. */
export function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** An HTTP head from its lines, blank line included. */
export function head(...lines: string[]): Bytes {
  return ascii(`${lines.join("\r\n")}\r\n\r\n`);
}

export function join(...pieces: Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** An open connection whose `connectionEstablished` was pulled. */
export function open(type: ConnectionType, options: ConnectionOptions = {}): WSConnection {
  const connection = new WSConnection(type, { handshake: "none", ...options });
  expect(pull(connection).map((event) => event.type)).toEqual(["connectionEstablished"]);
  return connection;
}

/** Both ends of a connection, opened by a handshake. */
export interface Pair {
  readonly client: WSConnection;
  readonly server: WSConnection;
}

/** Connects a client and a server that have these extensions. */
export function pairOf(clientExtensions: readonly Extension[], serverExtensions: readonly Extension[]): Pair {
  const client = new WSConnection("client", { host: "a", resource: "/", extensions: clientExtensions });
  const server = new WSConnection("server", { extensions: serverExtensions });
  server.receiveBytes(client.bytesToSend());
  for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
  client.receiveBytes(server.bytesToSend());
  expect(pull(client).map(({ type }) => type)).toEqual(["connectionEstablished"]);
  return { client, server };
}

export function pull(connection: WSConnection): WSEvent[] {
  return [...connection.events()];
}

/** Feeds the bytes in pieces of the given sizes, pulls after each, and optionally ends the stream. */
export function feed(connection: WSConnection, bytes: Uint8Array, cuts: readonly number[] = []): WSEvent[] {
  const events: WSEvent[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    // A copy, because the connection takes over what it gets.
    connection.receiveBytes(bytes.slice(start, end));
    for (const event of connection.events()) events.push(event);
    start = end;
  }
  return events;
}

export function everyByte(bytes: Uint8Array): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1);
}

/** Joins the pieces of each message, so that different cuts can be compared. */
export function joined(events: readonly WSEvent[]): unknown[] {
  const whole: unknown[] = [];
  let last: WSEvent | undefined;
  for (const event of events) {
    const previous = last;
    last = undefined;
    if (event.type === "textReceived") {
      const before = previous?.type === "textReceived" && !previous.frameFinished ? previous : undefined;
      if (before !== undefined) whole.pop();
      last = { ...event, data: (before?.data ?? "") + event.data };
    } else if (event.type === "bytesReceived") {
      const before = previous?.type === "bytesReceived" && !previous.frameFinished ? previous : undefined;
      if (before !== undefined) whole.pop();
      last = { ...event, data: join(before?.data ?? new Uint8Array(0), event.data) };
    } else if (event.type === "rejectionData") {
      const before = previous?.type === "rejectionData" ? previous : undefined;
      if (before !== undefined) whole.pop();
      last = { ...event, data: join(before?.data ?? new Uint8Array(0), event.data) };
    }
    whole.push(last ?? event);
  }
  return whole.map(comparable);
}

/** An event as plain data: headers as lists, bytes in hex, errors by their stable parts. */
function comparable(event: unknown): unknown {
  return JSON.parse(
    JSON.stringify(event, (_, value: unknown) => {
      if (value instanceof Headers) return [...value];
      if (value instanceof Uint8Array) return toHex(value);
      if (value instanceof RemoteProtocolError) {
        const { name, code, closeCode, section, offset, status } = value;
        return { name, code, closeCode, section, offset, status };
      }
      return value;
    }),
  );
}

/**
 * Feeds a case to a fresh connection three times: whole, byte by byte, and with a byte of the next frame after it.
 * Expects the same result each time.
 */
export function everyWay(make: () => WSConnection, bytes: Uint8Array, check: (run: Run) => void): void {
  const ways: [string, Uint8Array, number[]][] = [
    ["whole", bytes, []],
    ["byte by byte", bytes, everyByte(bytes)],
    ["with a trailing byte", join(bytes, hex("82")), []],
  ];
  const seen: unknown[] = [];
  for (const [name, input, cuts] of ways) {
    const connection = make();
    const run: Run = { connection, events: feed(connection, input, cuts), sent: new Uint8Array(0) };
    run.sent = connection.bytesToSend();
    seen.push(joined(run.events));
    expect(seen.at(-1), name).toEqual(seen[0]);
    check(run);
  }
}

export interface Run {
  readonly connection: WSConnection;
  readonly events: WSEvent[];
  sent: Bytes;
}

/** Expects these events and these answered bytes for these bytes, in any split. */
export function expectEvents(type: ConnectionType, bytes: string | Uint8Array, expected: object[], answer = ""): void {
  const input = typeof bytes === "string" ? hex(bytes) : bytes;
  everyWay(
    () => open(type, { masking: false }),
    input,
    ({ events, sent }) => {
      expect(joined(events)).toMatchObject(expected.map(comparable) as object[]);
      expect(events.length === 0).toBe(expected.length === 0);
      expect(toHex(sent)).toBe(toHex(hex(answer)));
    },
  );
}

/** Expects that these bytes fail the connection: with this error, this code in a Close frame, and 1006 at our end. */
export function expectViolation(
  type: ConnectionType,
  bytes: string | Uint8Array,
  code: ProtocolErrorCode,
  closeCode: number,
  options: ConnectionOptions = {},
): void {
  const input = typeof bytes === "string" ? hex(bytes) : bytes;
  everyWay(
    () => open(type, { masking: false, ...options }),
    input,
    ({ connection, events, sent }) => {
      const closed = expectClosed(events);
      expect(closed.error).toBeInstanceOf(RemoteProtocolError);
      expect(closed.error).toMatchObject({ code, closeCode });
      expect(closed.error?.section).toMatch(/^RFC 6455 §/);
      expect(closed).toMatchObject({ code: 1006, reason: "", wasClean: false, initiator: "local" });
      expect(closed.sent?.code).toBe(closeCode);
      expect(readClose(sent).code).toBe(closeCode);
      expect(connection.state).toBe("closed");
      expect(feed(connection, hex("82 00")), "nothing comes after the end").toEqual([]);
    },
  );
}

/** The terminal event, which must be the last and the only one of its kind. */
export function expectClosed(events: readonly WSEvent[]): ConnectionClosed {
  const closed = events.filter((event) => event.type === "connectionClosed");
  expect(closed).toHaveLength(1);
  expect(events.at(-1)).toBe(closed[0]);
  return closed[0]!;
}

/** Code and reason of the Close frame, masked or not, that these bytes end with. */
export function readClose(bytes: Uint8Array): { code: number | undefined; reason: string } {
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const masked = second >> 7;
    const length = second & 0x7f;
    expect(length, "only control frames are looked through here").toBeLessThan(126);
    const start = at + 2 + 4 * masked;
    if ((first & 0x0f) === 8) {
      const body = bytes
        .slice(start, start + length)
        .map((byte, i) => (masked ? byte ^ bytes[at + 2 + (i & 3)]! : byte));
      expect(start + length, "nothing follows a Close frame").toBe(bytes.length);
      const code = body.length === 0 ? undefined : (body[0]! << 8) | body[1]!;
      return { code, reason: new TextDecoder().decode(body.subarray(2)) };
    }
    at = start + length;
  }
  throw new Error(`no Close frame in ${toHex(bytes)}`);
}
