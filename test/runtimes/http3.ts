/**
 * WebTransport sessions (draft-ietf-webtrans-http3) over Deno's QUIC: as much of HTTP/3 as a browser's session needs.
 */

// Deno's own `upgradeWebTransport` sends no FIN where a stream is closed (2.9.5, denoland/deno#36822).

type Bytes = Uint8Array<ArrayBuffer>;

/** A server's session, in the shape of the platform's. */
export interface ServerSession {
  readonly ready: Promise<void>;
  /** Rejected if the connection broke off. */
  readonly closed: Promise<WebTransportCloseInfo>;
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
  createBidirectionalStream(): Promise<WebTransportBidirectionalStream>;
  close(info?: WebTransportCloseInfo): void;
}

const CONTROL_STREAM = 0x00;
const WEBTRANSPORT_STREAM = 0x41;
const Frame = { DATA: 0x00, HEADERS: 0x01, SETTINGS: 0x04 } as const;
const CLOSE_SESSION = 0x2843;
const H3_NO_ERROR = 0x100;

/** What browsers ask for before they open a session: extended CONNECT, datagrams, and two drafts of WebTransport. */
const SETTINGS: readonly (readonly [id: number, value: number])[] = [
  [0x08, 1],
  [0x33, 1],
  [0x2b60_3742, 1],
  [0xc671_706a, 1],
];

/** `:status: 200`, by QPACK's static table (RFC 9204, Appendix A). */
const OK = [0x00, 0x00, 0xc0 | 25];

/** The sessions that come to a listener, whatever path they ask for: the first one of each connection. */
export function listenForSessions(listener: Deno.QuicListener): ReadableStream<ServerSession> {
  return new ReadableStream({
    async start(controller) {
      for await (const incoming of listener) {
        // A client that turns away, as one does that was given another certificate's hash, is no matter of the others.
        void takeSession(incoming).then((session) => controller.enqueue(session), ignore);
      }
    },
  });
}

async function takeSession(incoming: Deno.QuicIncoming): Promise<ServerSession> {
  const connection = await incoming.accept();
  const control = (await connection.createUnidirectionalStream({ waitUntilAvailable: true })).getWriter();
  const settings = SETTINGS.flatMap(([id, value]) => [...varint(id), ...varint(value)]);
  await control.write(Uint8Array.from([CONTROL_STREAM, ...frame(Frame.SETTINGS, settings)]));
  void ignoreControlStreams(connection, control).catch(ignore);
  return await new Promise((resolve, reject) => {
    void dispatchStreams(connection, resolve).catch(ignore);
    void connection.closed.then(reject, reject);
  });
}

/** Also keeps the control stream, because the connection ends with it. */
async function ignoreControlStreams(connection: Deno.QuicConn, control: object): Promise<void> {
  for await (const stream of connection.incomingUnidirectionalStreams) {
    void stream.pipeTo(new WritableStream()).catch(() => control);
  }
}

async function dispatchStreams(connection: Deno.QuicConn, open: (session: ServerSession) => void): Promise<void> {
  let incoming!: ReadableStreamDefaultController<WebTransportBidirectionalStream>;
  const streams = new ReadableStream<WebTransportBidirectionalStream>({
    start: (controller) => void (incoming = controller),
  });
  for await (const stream of connection.incomingBidirectionalStreams) {
    const bytes = new ByteReader(stream.readable);
    void (async () => {
      const type = await bytes.varint();
      if (type === WEBTRANSPORT_STREAM) {
        await bytes.varint(); // the session, of which there is one
        incoming.enqueue({ readable: bytes.rest(), writable: stream.writable });
      } else if (type === Frame.HEADERS) {
        await bytes.take(await bytes.varint());
        const writer = stream.writable.getWriter();
        await writer.write(Uint8Array.from(frame(Frame.HEADERS, OK)));
        open(sessionOf(connection, stream.readable.id, bytes, writer, { streams, incoming }));
      }
    })().catch(ignore);
  }
}

function sessionOf(
  connection: Deno.QuicConn,
  id: bigint,
  bytes: ByteReader,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  from: {
    readonly streams: ReadableStream<WebTransportBidirectionalStream>;
    readonly incoming: ReadableStreamDefaultController<WebTransportBidirectionalStream>;
  },
): ServerSession {
  const { promise: closed, resolve, reject } = Promise.withResolvers<WebTransportCloseInfo>();
  let told: WebTransportCloseInfo | undefined;
  void readClose(bytes).then((info) => resolve(told ?? info), ignore); // where that fails, `connection.closed` tells
  const breakOff = (): void => reject(new WebTransportError("the connection broke off", { source: "session" }));
  connection.closed.then(breakOff, breakOff);
  closed.then(
    async () => {
      from.incoming.close();
      await writer.close().catch(ignore);
      // Chromium 156 may take an end of the connection that follows at once for the end of the session.
      setTimeout(() => connection.close({ closeCode: H3_NO_ERROR, reason: "" }), 200);
    },
    (error: unknown) => from.incoming.error(error),
  );
  return {
    ready: Promise.resolve(),
    closed,
    incomingBidirectionalStreams: from.streams,
    async createBidirectionalStream() {
      const stream = await connection.createBidirectionalStream({ waitUntilAvailable: true });
      const head = stream.writable.getWriter();
      await head.write(Uint8Array.from([...varint(WEBTRANSPORT_STREAM), ...varint(Number(id))]));
      head.releaseLock();
      return stream;
    },
    close({ closeCode = 0, reason = "" } = {}) {
      const code = [closeCode >>> 24, closeCode >>> 16, closeCode >>> 8, closeCode].map((byte) => byte & 0xff);
      const payload = [...code, ...new TextEncoder().encode(reason)];
      const capsule = [...varint(CLOSE_SESSION), ...varint(payload.length), ...payload];
      void writer.write(Uint8Array.from(frame(Frame.DATA, capsule))).catch(ignore);
      // The client is to read that first: it ends the stream when it has, and then the connection is closed.
      void writer.close().catch(ignore);
      told = { closeCode, reason };
    },
  };
}

/** What the client says when it closes the session; the end of its stream alone says the same as code 0 (§6). */
async function readClose(bytes: ByteReader): Promise<WebTransportCloseInfo> {
  try {
    for (;;) {
      const type = await bytes.varint();
      const payload = await bytes.take(await bytes.varint());
      if (type !== Frame.DATA) continue;
      const capsule = new ByteReader(new Blob([payload]).stream());
      if ((await capsule.varint()) !== CLOSE_SESSION) continue;
      const length = await capsule.varint();
      const code = new DataView((await capsule.take(4)).buffer).getUint32(0);
      return { closeCode: code, reason: new TextDecoder().decode(await capsule.take(length - 4)) };
    }
  } catch (error) {
    if (error instanceof EndOfStream) return { closeCode: 0, reason: "" };
    throw error;
  }
}

class EndOfStream extends Error {}

/** Reads no more than requested, so that another reader can continue. */
class ByteReader {
  readonly #stream: ReadableStream<Bytes>;
  readonly #reader: ReadableStreamBYOBReader;

  constructor(stream: ReadableStream<Bytes>) {
    this.#stream = stream;
    this.#reader = stream.getReader({ mode: "byob" });
  }

  async take(length: number): Promise<Bytes> {
    let bytes = new Uint8Array(length);
    for (let taken = 0; taken < length;) {
      const { done, value } = await this.#reader.read(bytes.subarray(taken));
      if (done) throw new EndOfStream();
      taken += value.length;
      bytes = new Uint8Array(value.buffer);
    }
    return bytes;
  }

  /** RFC 9000 §16. */
  async varint(): Promise<number> {
    const [first] = await this.take(1);
    let value = first! & 0x3f;
    for (const byte of await this.take((1 << (first! >> 6)) - 1)) value = value * 256 + byte;
    return value;
  }

  rest(): ReadableStream<Bytes> {
    this.#reader.releaseLock();
    return this.#stream;
  }
}

/** RFC 9000 §16. */
function varint(value: number): number[] {
  const bytes = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) & 0xff);
  if (value < 2 ** 6) return [value];
  const [prefix, count] = value < 2 ** 14 ? [0x40, 2] : value < 2 ** 30 ? [0x80, 4] : [0xc0, 8];
  const [first = 0, ...rest] = bytes(count);
  return [first | prefix, ...rest];
}

function frame(type: number, payload: readonly number[]): number[] {
  return [...varint(type), ...varint(payload.length), ...payload];
}

function ignore(): void {}
