/**
 * A WebSocket peer written from RFC 6455 alone, without the library, so that it can judge the library. Sends any frame,
 * even an invalid one, and is strict about the answers.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { RawDeflate } from "./rawDeflate.ts";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** `true` unless said otherwise. */
  readonly fin?: boolean;
  /** The reserved bits, RSV1 being 4. */
  readonly rsv?: number;
  /** How much of the payload is sent, in bytes; the header tells its whole length. */
  readonly sentBytes?: number;
}

/** Received: whole messages, control frames, the end of the stream, or a protocol violation. */
export type Received =
  | { readonly type: "text" | "binary"; readonly data: Buffer; readonly compressed: boolean }
  | { readonly type: "ping" | "pong"; readonly data: Buffer }
  | { readonly type: "close"; readonly code: number | undefined; readonly reason: string }
  | { readonly type: "end" }
  | { readonly type: "breach"; readonly what: string };

/** How long the other side may take for anything that is waited for, in milliseconds. */
const PATIENCE_MS = 20_000;

export class RawPeer {
  readonly role: "client" | "server";
  readonly socket: Socket;
  /** What the client asked for. */
  readonly target: string;
  /** Where permessage-deflate was agreed on. */
  readonly deflate: RawDeflate | undefined;
  readonly #received: Received[] = [];
  /** Keeps the order of received items, although inflating takes a while. */
  #told: Promise<void> = Promise.resolve();
  #notify: (() => void) | undefined;
  #input: Buffer[] = [];
  #inputBytes = 0;
  #header: { fin: boolean; opcode: number; key: Buffer | undefined; length: number } | undefined;
  #message: { opcode: number; compressed: boolean; fragments: Buffer[] } | undefined;

  constructor(role: "client" | "server", socket: Socket, target: string, head: Buffer, agreed?: string) {
    this.role = role;
    this.socket = socket;
    this.target = target;
    this.deflate = agreed === undefined ? undefined : new RawDeflate(role, agreed);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => this.#tell({ type: "end" }));
    // A reset is one way to end.
    socket.on("error", () => this.#tell({ type: "end" }));
    this.#take(head);
    socket.resume();
  }

  /** Opens a connection as a client. `offers` is the value of the header that offers extensions. */
  static async connect(port: number, target = "/", offers?: string): Promise<RawPeer> {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
    await once(socket, "connect");
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
        (offers === undefined ? "" : `Sec-WebSocket-Extensions: ${offers}\r\n`) +
        "\r\n",
    );
    const [head, rest] = await readHead(socket);
    if (!head.startsWith("HTTP/1.1 101 ") || field(head, "sec-websocket-accept") !== acceptFor(key)) {
      socket.destroy();
      throw new Error(`the server did not open the connection: ${head}`);
    }
    return new RawPeer("client", socket, target, rest, field(head, "sec-websocket-extensions"));
  }

  /**
   * Opens a connection that has come, as a server. The socket must allow to be half open. `agree` answers the header that
   * offers extensions, for what is asked for.
   */
  static async accept(
    socket: Socket,
    agree: (offers: string, target: string) => string | undefined = () => undefined,
  ): Promise<RawPeer> {
    const [head, rest] = await readHead(socket);
    const key = field(head, "sec-websocket-key");
    const target = /^GET (\S+) HTTP\/1\.1$/m.exec(head)?.[1];
    if (key === undefined || target === undefined || field(head, "sec-websocket-version") !== "13") {
      socket.destroy();
      throw new Error(`not an opening handshake: ${head}`);
    }
    const agreed = agree(field(head, "sec-websocket-extensions") ?? "", target);
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${acceptFor(key)}\r\n` +
        (agreed === undefined ? "" : `Sec-WebSocket-Extensions: ${agreed}\r\n`) +
        "\r\n",
    );
    return new RawPeer("server", socket, target, rest, agreed);
  }

  /** The bytes of a frame, masked if this is the client. */
  encode(frame: Frame): Buffer {
    const { opcode, payload, fin = true, rsv = 0 } = frame;
    const { length } = payload;
    const masked = this.role === "client" ? 0x80 : 0;
    const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    let header: Buffer;
    if (length < 126) {
      header = Buffer.from([first, masked | length]);
    } else if (length < 65_536) {
      header = Buffer.from([first, masked | 126, length >> 8, length & 255]);
    } else {
      header = Buffer.from([first, masked | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
      header.writeUInt32BE(length, 6);
    }
    const sent = payload.subarray(0, frame.sentBytes ?? length);
    if (masked === 0) return Buffer.concat([header, sent]);
    const key = randomBytes(4);
    return Buffer.concat([header, key, applyMask(Buffer.from(sent), key)]);
  }

  /** Sends frames in one write, each in a separate write (`"frames"`), or in pieces of this many bytes. */
  async send(frames: readonly Frame[], chop?: "frames" | number): Promise<void> {
    const encoded = frames.map((frame) => this.encode(frame));
    if (chop === "frames") {
      for (const bytes of encoded) await this.write(bytes);
      return;
    }
    const bytes = Buffer.concat(encoded);
    const size = chop ?? Math.max(bytes.length, 1);
    for (let at = 0; at < bytes.length; at += size) await this.write(bytes.subarray(at, at + size));
  }

  /** Sends a compressed message in fragments of the given number of compressed bytes. */
  async sendCompressed(opcode: number, payload: Uint8Array, fragmentBytes: number): Promise<void> {
    if (this.deflate === undefined) throw new Error("permessage-deflate was not agreed on");
    const compressed = await this.deflate.compress(payload);
    const frames: Frame[] = [];
    for (let at = 0; at < compressed.length || at === 0; at += fragmentBytes) {
      const fin = at + fragmentBytes >= compressed.length;
      const part = compressed.subarray(at, at + fragmentBytes);
      frames.push({ opcode: at === 0 ? opcode : 0, payload: part, fin, rsv: at === 0 ? 4 : 0 });
    }
    await this.send(frames);
  }

  /** Resolves when the socket has taken the bytes and another write will be a separate packet. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.socket.writable) return; // the other side has hung up: whether it should have is judged by what it sent
    if (!this.socket.write(bytes)) {
      await Promise.race([once(this.socket, "drain"), once(this.socket, "close"), once(this.socket, "end")]);
    }
    await new Promise(setImmediate);
  }

  /** The next thing that came. Rejects if nothing comes. */
  async next(): Promise<Received> {
    const received = this.#received.shift();
    if (received !== undefined) return received;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came in ${PATIENCE_MS} ms`)), PATIENCE_MS);
      this.#notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.next();
  }

  /** Ends this side of the stream. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #tell(received: Received | Promise<Received>): void {
    const settled = Promise.resolve(received).catch((error: unknown) => this.#breach(error));
    this.#told = this.#told.then(async () => {
      this.#received.push(await settled);
      this.#notify?.();
      this.#notify = undefined;
    });
  }

  #breach(error: unknown): Received {
    this.socket.destroy();
    return { type: "breach", what: (error as Error).message };
  }

  #take(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#input.push(chunk);
    this.#inputBytes += chunk.length;
    try {
      while (this.#readFrame());
    } catch (error) {
      this.#tell(this.#breach(error));
    }
  }

  /** Reads a frame if all of it is there. Throws if it breaks a rule. */
  #readFrame(): boolean {
    if (this.#header === undefined) {
      if (this.#inputBytes < 2) return false;
      const start = this.#peek(Math.min(this.#inputBytes, 14));
      const first = start[0]!;
      const second = start[1]!;
      const short = second & 0x7f;
      const headerLength = (short < 126 ? 2 : short === 126 ? 4 : 10) + ((second & 0x80) !== 0 ? 4 : 0);
      if (start.length < headerLength) return false;
      this.#drop(headerLength);
      const length = short < 126 ? short : short === 126 ? start.readUInt16BE(2) : Number(start.readBigUInt64BE(2));
      const masked = (second & 0x80) !== 0;
      const opcode = first & 15;
      const fin = first >= 0x80;
      const rsv1 = (first & 0x40) !== 0;
      if ((first & 0x30) !== 0 || (rsv1 && this.deflate === undefined)) throw new Error("§5.2: reserved bit set");
      if (rsv1 && opcode !== TEXT && opcode !== BINARY) throw new Error("RFC 7692 §6: RSV1 where it may not be");
      if (masked !== (this.role === "server")) throw new Error("§5.1: masked by the server, or not by the client");
      if (short === 126 && length < 126) throw new Error("§5.2: length not minimal");
      if (short === 127 && length < 65_536) throw new Error("§5.2: length not minimal");
      if (![0, TEXT, BINARY, CLOSE, PING, PONG].includes(opcode)) throw new Error(`§5.2: opcode ${opcode}`);
      if (opcode >= 8 && (!fin || length > 125)) throw new Error("§5.5: control frame too long or fragmented");
      if (opcode === 0 && this.#message === undefined) throw new Error("§5.4: nothing to continue");
      if ((opcode === TEXT || opcode === BINARY) && this.#message !== undefined) {
        throw new Error("§5.4: message begun within a message");
      }
      if (opcode === TEXT || opcode === BINARY) this.#message = { opcode, compressed: rsv1, fragments: [] };
      this.#header = { fin, opcode, length, key: masked ? start.subarray(headerLength - 4, headerLength) : undefined };
    }
    const { fin, opcode, key, length } = this.#header;
    if (this.#inputBytes < length) return false;
    let payload = this.#peek(length);
    this.#drop(length);
    this.#header = undefined;
    if (key !== undefined) payload = applyMask(Buffer.from(payload), key);
    if (opcode === CLOSE) this.#tell(readClose(payload));
    else if (opcode === PING) this.#tell({ type: "ping", data: payload });
    else if (opcode === PONG) this.#tell({ type: "pong", data: payload });
    else this.#readData(payload, fin);
    return true;
  }

  #readData(payload: Buffer, fin: boolean): void {
    const message = this.#message!;
    message.fragments.push(payload);
    if (!fin) return;
    this.#message = undefined;
    const { compressed } = message;
    const data = Buffer.concat(message.fragments);
    const received = (whole: Buffer): Received => {
      if (message.opcode === TEXT) requireUtf8(whole);
      return { type: message.opcode === TEXT ? "text" : "binary", data: whole, compressed };
    };
    this.#tell(compressed ? this.deflate!.inflate(data).then(received) : received(data));
  }

  #peek(length: number): Buffer {
    const first = this.#input[0];
    if (first === undefined) return Buffer.alloc(0);
    if (first.length >= length) return first.subarray(0, length);
    const joined = Buffer.concat(this.#input);
    this.#input = [joined];
    return joined.subarray(0, length);
  }

  #drop(length: number): void {
    const first = this.#input[0];
    this.#inputBytes -= length;
    if (first === undefined) return;
    if (first.length === length) this.#input.shift();
    else this.#input[0] = first.subarray(length);
  }
}

function readClose(body: Buffer): Received {
  if (body.length === 0) return { type: "close", code: undefined, reason: "" };
  if (body.length === 1) throw new Error("§5.5.1: Close frame with a body of one byte");
  return { type: "close", code: body.readUInt16BE(0), reason: requireUtf8(body.subarray(2)) };
}

function requireUtf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function applyMask(bytes: Buffer, key: Uint8Array): Buffer {
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[i & 3]!;
  return bytes;
}

function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function field(head: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, "im").exec(head)?.[1];
}

/** The head of an HTTP message, and the bytes after it. Leaves the socket paused. */
function readHead(socket: Socket): Promise<[head: string, rest: Buffer]> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off("data", read).off("end", ended).off("error", ended);
      act();
    };
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end >= 0) settle(() => resolve([bytes.toString("latin1", 0, end), bytes.subarray(end + 4)]));
    };
    const ended = (): void => settle(() => reject(new Error("the stream ended within the opening handshake")));
    const timer = setTimeout(() => {
      settle(() => reject(new Error("no opening handshake came")));
      socket.destroy();
    }, PATIENCE_MS);
    socket.on("data", read).on("end", ended).on("error", ended);
  });
}
