/** What a client of the library tries with a foreign server, in any runtime: it uses nothing of Node's. */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { connect, type ConnectOptions, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";

export const LONG_BYTES = 64 * 1024 * 1024;

/** Bytes that tell where in the message they are. */
export function long(): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(LONG_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);
  return new Uint8Array(words.buffer);
}

export function isLong(bytes: Uint8Array): boolean {
  if (bytes.length !== LONG_BYTES) return false;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, LONG_BYTES / 4);
  return words.every((word, i) => word === Math.imul(i, 0x9e3779b1) >>> 0);
}

type Open = (path: string, options?: ConnectOptions) => Promise<WebSocketSession>;

/** Each throws if it goes wrong. The server echoes, but ends what asks for `/close` and `/drop`. */
const tries: Readonly<Record<string, (open: Open) => Promise<void>>> = {
  async text(open) {
    const socket = await open("/text", { protocols: ["chat"] });
    same(socket.protocol, "chat");
    for (const text of ["", "héllo ☃", "long ".repeat(50_000)]) {
      void socket.send(text);
      same(await socket.receive(), text);
    }
    await socket.close();
  },
  async binary(open) {
    const socket = await open("/binary");
    for (const length of [0, 1, 125, 126, 65_536, 1_000_000]) {
      const bytes = new Uint8Array(length).map((_, i) => i % 251);
      void socket.send(bytes);
      const echoed = (await socket.receive()) as Uint8Array;
      same(echoed.length, length);
      if (!echoed.every((byte, i) => byte === i % 251)) throw new Error(`${length} bytes came back changed`);
    }
    await socket.close();
  },
  async "64 MiB"(open) {
    const socket = await open("/long");
    void socket.send(long());
    if (!isLong((await socket.receive()) as Uint8Array)) throw new Error("other bytes came back");
    await socket.close();
  },
  async deflate(open) {
    const socket = await open("/deflate", { extensions: [permessageDeflate()] });
    if (!socket.extensions.startsWith("permessage-deflate")) throw new Error(`agreed on "${socket.extensions}"`);
    const text = "again and ".repeat(10_000);
    for (let i = 0; i < 3; i++) {
      void socket.send(text);
      same(await socket.receive(), text);
    }
    await socket.close();
  },
  async ping(open) {
    const socket = await open("/ping");
    if (!((await socket.ping()) >= 0)) throw new Error("took no time");
    await socket.close();
  },
  async "close, ours"(open) {
    const socket = await open("/ours");
    const { closeCode, reason } = await socket.close({ closeCode: 4002, reason: "the client's word" });
    same(`${closeCode} ${reason}`, "4002 the client's word");
  },
  async "close, theirs"(open) {
    const socket = await open("/close");
    await socket.send("now");
    const { closeCode, reason, initiator } = await socket.closed;
    same(`${closeCode} ${reason}, ${initiator}`, "4001 the server's word, remote");
  },
  async "abrupt end, theirs"(open) {
    const socket = await open("/drop");
    await socket.send("now");
    same(await socket.closed.catch(closeCodeOf), 1006);
  },
  async "abrupt end, ours"(open) {
    const socket = await open("/given-up");
    same(await socket.close({ signal: AbortSignal.abort() }).catch(closeCodeOf), 1006);
  },
};

/** The names of what is tried. */
export const tried: readonly string[] = Object.keys(tries);

/** Tells by a line each how it went: "ok: NAME", or "NAME: what went wrong". */
export async function tryAll(
  dial: () => ByteTransport | Promise<ByteTransport>,
  say: (line: string) => void,
): Promise<void> {
  const open: Open = async (path, options) => await connect(await dial(), { url: `ws://127.0.0.1${path}`, ...options });
  for (const [name, attempt] of Object.entries(tries)) {
    await attempt(open).then(
      () => say(`ok: ${name}`),
      (error: unknown) => say(`${name}: ${String(error)}`),
    );
  }
  say("all tried");
}

function same(actual: unknown, expected: unknown): void {
  if (actual !== expected)
    throw new Error(`${String(actual).slice(0, 100)} in place of ${String(expected).slice(0, 100)}`);
}

function closeCodeOf(error: unknown): unknown {
  return (error as { closeCode?: number }).closeCode;
}
