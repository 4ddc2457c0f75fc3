/**
 * Opens an HTTP/1.1 connection over a transport that carries the opening outside its bytes (RFC 8441 §5, RFC 9220 §3).
 * Translates the heads in between, as an intermediary does.
 */
import { ByteQueue } from "../core/byteQueue.ts";
import type { Bytes } from "../core/bytes.ts";
import { defaultLimits, type Limits } from "../core/limits.ts";
import { requireKind } from "../core/options.ts";
import { acceptFor } from "../handshake/acceptKey.ts";
import { HeadReader, makeField, type Head } from "../handshake/headReader.ts";
import { formatHead } from "../handshake/headWriter.ts";
import type { ParsedRequest } from "../handshake/serverHandshake.ts";
import type { ByteTransport, ClientOpening, OpeningRequest, ServerOpening } from "../transports/byteTransport.ts";
import { withResolvers } from "./withResolvers.ts";
import { ignore } from "../transports/ignore.ts";

type Fields = [name: string, value: string][];

/** Headers that only mean something on an HTTP/1.1 connection (RFC 8441 §5, RFC 9113 §8.2.2). */
const OF_HTTP1 =
  /^(host|connection|upgrade|keep-alive|proxy-connection|http2-settings|te|transfer-encoding|sec-websocket-(key|accept))$/i;

/** The key of every translated request. It never leaves this program. */
const KEY = "AAAAAAAAAAAAAAAAAAAAAA==";

/** The heads need no limits here: the connection and the stack that carries them have already bounded them. */
const NO_LIMITS: Limits = { ...defaultLimits, maxHeadBytes: Infinity, maxHeadLines: Infinity };

/** Returns the request that a transport came with, in the form a server expects. */
export function requestOf({ request, opening }: ByteTransport): ParsedRequest | undefined {
  if (opening === undefined || "ask" in opening) return request;
  const { authority, target, headers } = opening.request;
  const upgrade: Fields = [
    ["Host", authority],
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Key", KEY],
  ];
  return { method: "GET", target, headers: [...upgrade, ...withoutHttp1(headers)] };
}

/**
 * Returns a transport that opens by HTTP/1.1: the given one, unless it carries its own opening. `sideOf` is
 * {@link asking} or {@link answering}, so that a client's bundle has no server. Throws `TypeError` if the opening is not
 * for that side.
 */
export function overOpening(transport: ByteTransport, sideOf: SideOf): ByteTransport {
  const { opening } = transport;
  if (opening === undefined || transport.readable.locked || transport.writable.locked) return transport;
  const side = sideOf(opening);
  const { closed, copiesChunks, remoteAddress, encrypted } = transport;
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  let { received } = side;
  /** Reads the head that is sent. Once it is `undefined`, all bytes pass through unchanged. */
  let sent: HeadReader | undefined = new HeadReader(NO_LIMITS, side.start);
  const input = new ByteQueue();
  /** The heads can't be sent or read, so the transport is useless. */
  const giveUp = (error: unknown): never => {
    reader.cancel(error).catch(ignore);
    writer.abort(error).catch(ignore);
    throw error;
  };
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Notices a failure even while nobody reads.
        reader.closed.catch((error: unknown) => controller.error(error));
      },
      async pull(controller) {
        if (received !== undefined) {
          controller.enqueue(await received.catch(giveUp));
          received = undefined;
          return;
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Bytes>({
    start(controller) {
      writer.closed.catch((error: unknown) => controller.error(error));
      // Aborts at once. The sink's own `abort` would wait for a write that waits for the other end.
      const { signal } = controller;
      signal.addEventListener("abort", () => void writer.abort(signal.reason).catch(ignore));
    },
    async write(chunk) {
      if (sent === undefined) {
        await writer.write(chunk);
        return;
      }
      try {
        input.push(chunk);
        const head = sent.read(input);
        if (head === undefined) return;
        sent = undefined;
        side.take(head);
        while (input.available() > 0) await writer.write(input.take(Infinity));
      } catch (error) {
        giveUp(error);
      }
    },
    close: () => writer.close(),
  });
  return {
    readable,
    writable,
    copiesChunks,
    remoteAddress,
    encrypted,
    ...(closed !== undefined && { closed }),
    close: () => transport.close?.(),
  };
}

/** What one side does with the head that it sends. */
interface Side {
  readonly start: "request line" | "status line";
  readonly take: (head: Head) => void;
  /** The head to receive, in front of everything else. */
  readonly received?: Promise<Bytes>;
}

export type SideOf = (opening: ClientOpening | ServerOpening) => Side;

/** Client: takes the request out of the sent bytes, and puts the answer in front of the received ones. */
export const asking: SideOf = (opening) => {
  requireKind("the transport's opening must be", opening, "{ ask }");
  const { promise, resolve } = withResolvers<Bytes>();
  promise.catch(ignore); // it may never be read
  return {
    start: "request line",
    take(head) {
      const target = head.startLine.split(" ")[1]!;
      const request = { authority: head.get("host") ?? "", target, headers: withoutHttp1(head.fields) };
      resolve(ask(opening as ClientOpening, request, head.get("sec-websocket-key") ?? ""));
    },
    received: promise,
  };
};

async function ask(opening: ClientOpening, request: OpeningRequest, key: string): Promise<Bytes> {
  const { status, headers } = await opening.ask(request);
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new Error(`the transport's opening was answered with ${String(status)}, not a final status`);
  }
  const fields = withoutHttp1(headers);
  for (const [i, [name, value]] of fields.entries()) {
    if (makeField(name, value) === undefined) throw new Error(`header ${i + 1} of the response is invalid`);
  }
  // Without a reason phrase: such carriers have none (RFC 9113 §8.3.2).
  if (status > 299) return formatHead(`HTTP/1.1 ${status} `, fields);
  const upgrade: Fields = [
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Accept", acceptFor(key)],
  ];
  return formatHead("HTTP/1.1 101 ", [...upgrade, ...fields]);
}

/** Server: takes the answer out of the sent bytes. The connection already has the request. */
export const answering: SideOf = (opening) => {
  requireKind("the transport's opening must be", opening, "{ request, answer }");
  return {
    start: "status line",
    take(head) {
      const status = Number(head.startLine.split(" ")[1]);
      if (status !== 101) requireRefusal(status);
      const answer = { status: status === 101 ? 200 : status, headers: withoutHttp1(head.fields) };
      (opening as ServerOpening).answer(answer);
    },
  };
};

/** Throws `RangeError` for a status that would open the WebSocket where the transport carries the opening. */
export function requireRefusal(status = 400): void {
  if (status < 300) {
    throw new RangeError(`a refusal with status ${status} would open the WebSocket here: use 300 to 599`);
  }
}

function withoutHttp1(fields: Iterable<readonly [name: string, value: string]>): Fields {
  return Array.from(fields, ([name, value]): [string, string] => [name, value]).filter(
    ([name]) => !OF_HTTP1.test(name),
  );
}
