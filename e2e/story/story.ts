/**
 * What a client does over each carrier, and the expected results as plain data, so that they can be sent to the test.
 */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { connect, WebSocketError, type ConnectOptions, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";

const MIB = 1024 * 1024;

/** A fresh way to the server, which gives the answers of `test/support/answers.ts`. */
export type Dial = () => ByteTransport | Promise<ByteTransport>;

type Open = (path: string, options?: ConnectOptions) => Promise<WebSocketSession>;

interface Step {
  readonly name: string;
  /** The expected results. */
  readonly expected: unknown;
  readonly play: (open: Open) => Promise<unknown>;
}

const texts = ["", "héllo, wörld 👋", "long ".repeat(50_000)];
const binaries = [[], [0, 0xff, 0x80], Array.from({ length: 100_000 }, (_, i) => (i * 7) & 0xff)];

export const story: readonly Step[] = [
  {
    name: "text",
    expected: { protocol: "story", extensions: "", echoed: texts },
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/text", { protocols: ["story", "other"] });
      const echoed: unknown[] = [];
      for (const text of texts) echoed.push(await echo(socket, text));
      await socket.close();
      return { protocol: socket.protocol, extensions: socket.extensions, echoed };
    },
  },
  {
    name: "binary",
    expected: binaries,
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/binary");
      const echoed: unknown[] = [];
      for (const bytes of binaries) echoed.push([...((await echo(socket, Uint8Array.from(bytes))) as Uint8Array)]);
      await socket.close();
      return echoed;
    },
  },
  {
    name: "a message of 64 MiB, there and back",
    expected: { bytes: 64 * MIB, isTheSame: true },
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/large");
      const message = random(64 * MIB);
      const before = await digest(message);
      const echoed = (await echo(socket, message)) as Uint8Array<ArrayBuffer>;
      await socket.close();
      return { bytes: echoed.length, isTheSame: (await digest(echoed)) === before };
    },
  },
  {
    name: "permessage-deflate",
    expected: { extension: "permessage-deflate", areTheSame: [true, true, true] },
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/compressed", { extensions: [permessageDeflate()] });
      const areTheSame: boolean[] = [];
      for (const text of texts) areTheSame.push((await echo(socket, text)) === text);
      await socket.close();
      return { extension: socket.extensions.split(";")[0], areTheSame };
    },
  },
  {
    name: "pings from either end, with their round trips",
    expected: { ours: true, theirs: true },
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/ping");
      const ours = await socket.ping();
      const theirs = Number(await echo(socket, "ping me"));
      await socket.close();
      return { ours: isRoundTrip(ours), theirs: isRoundTrip(theirs) };
    },
  },
  {
    name: "a close of the client's, with code and reason, which the server sees",
    expected: { client: [4000, "the client's wörd", "local"], server: "closed 4000 the client's wörd" },
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/closing");
      const { closeCode, reason, initiator } = await socket.close({ closeCode: 4000, reason: "the client's wörd" });
      return { client: [closeCode, reason, initiator], server: await endAtServer(open, "/closing") };
    },
  },
  {
    name: "a close of the server's, with code and reason",
    expected: [4001, "the server's word", "remote"],
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/close");
      await socket.send("now");
      const { closeCode, reason, initiator } = await socket.closed;
      return [closeCode, reason, initiator];
    },
  },
  {
    name: "the client ends abruptly, and the server sees it",
    expected: { client: "WebSocketError 1006", server: "failed 1006" },
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/aborted");
      const client = await failureOf(socket.close({ signal: AbortSignal.abort() }));
      const end = await endAtServer(open, "/aborted");
      return { client, server: end.split(" ").slice(0, 2).join(" ") }; // leaves out what the transport reported
    },
  },
  {
    name: "the server ends abruptly",
    expected: ["WebSocketError 1006", "WebSocketError 1006"],
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/drop");
      await socket.send("now");
      return [await failureOf(socket.receive()), await failureOf(socket.closed)];
    },
  },
  {
    name: "and after all that the carrier still carries",
    expected: "once more",
    play: async (open: Open): Promise<unknown> => {
      const socket = await open("/again");
      const echoed = await echo(socket, "once more");
      await socket.close();
      return echoed;
    },
  },
];

/** A client. Set its `dial` before it plays. */
export class StoryClient {
  protected dial!: Dial;
  #held: WebSocketSession | undefined;

  readonly #open: Open = async (path, options) => {
    return await connect(await this.dial(), { url: `ws://story.test${path}`, ...options });
  };

  /** The result of a step. */
  async play(step: number): Promise<unknown> {
    return await story[step]!.play(this.#open);
  }

  /** Opens a WebSocket that stays open. */
  async hold(options?: ConnectOptions): Promise<void> {
    this.#held = await this.#open("/held", options);
  }

  /** How the connection that is kept open ends: the error's name and code, and the code of its cause. */
  async endOfHeld(): Promise<string> {
    return await failureOf(this.#held!.receive(), true);
  }
}

async function echo(socket: WebSocketSession, message: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
  const sending = socket.send(message);
  const echoed = await socket.receive();
  await sending;
  return echoed;
}

/** How the WebSocket of a path ended for the server. Waits until the server has noticed. */
async function endAtServer(open: Open, path: string): Promise<string> {
  const socket = await open("/ends");
  for (;;) {
    const end = String(await echo(socket, path));
    if (end !== "still open") {
      await socket.close();
      return end;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function failureOf(promise: Promise<unknown>, withCause = false): Promise<string> {
  const error = await promise.then(
    (value) => `it did not fail: ${String(value)}`,
    (error: unknown) => error,
  );
  if (!(error instanceof WebSocketError)) return String(error);
  const cause = error.cause as { code?: string } | undefined;
  return `${error.name} ${String(error.closeCode)}${withCause ? ` ${String(cause?.code)}` : ""}`;
}

function isRoundTrip(ms: number): boolean {
  return ms >= 0 && ms < 10_000;
}

function random(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return String(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
