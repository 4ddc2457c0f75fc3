/** The HTTP side of a WebRTC server: a function from `Request` to `Response`, in the shape of WHIP (RFC 9725). */
import { checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { boundedText, DESCRIPTION_TYPE, FRAGMENT_TYPE, mediaTypeOf } from "./sessionHTTP.ts";
import { TransportError } from "./transportError.ts";
import { report, warn } from "./warn.ts";
import { answerTable, answerWebRTC, type AnswerOptions, type WebRTCAnswer } from "./webrtcAnswer.ts";

/** The options of {@link webRTCEndpoint}. */
export interface EndpointOptions extends Omit<AnswerOptions, "signal"> {
  /**
   * Which pages may connect: those of the endpoint's own host (`"same"`, the default), a list of origins, or `"any"`.
   * Requests without `Origin` may connect, because no page sends them.
   */
  readonly origins?: "same" | "any" | readonly string[] | undefined;
  /** The most sessions at a time, those that are still connecting included. Further ones get 503. 64 by default. */
  readonly maxSessions?: number | undefined;
}

const table: OptionTable<EndpointOptions> = {
  ...answerTable,
  origins: "a string or an object",
  maxSessions: "a number",
};

/** What {@link webRTCEndpoint} returns. */
export interface WebRTCEndpoint {
  /** Answers a request of `webRTCDial`. Never rejects. */
  handle(request: Request): Promise<Response>;
  /** A transport for each channel that a client opens, for `serve` and the servers. */
  readonly incoming: AsyncIterableIterator<ByteTransport, undefined>;
  /** How many sessions there are. */
  readonly sessions: number;
  /** Ends all sessions, and `incoming`. Later requests get 503. */
  close(): void;
}

interface Session {
  readonly made: WebRTCAnswer;
  etag: string;
}

/** How long an offer may take to come, in milliseconds: it counts as a session meanwhile. */
const BODY_MS = 10_000;

/** The headers that a page of another origin may read, and the methods and headers that it may send. */
const EXPOSED = "Location, ETag, Retry-After, Accept-Post";
const ALLOWED_METHODS = "POST, PATCH, DELETE";
const ALLOWED_HEADERS = "Content-Type, If-Match, Authorization";

/**
 * Makes an endpoint for `webRTCDial`. Route the requests for its path, and for everything below it, to `handle`: in
 * `Deno.serve`, `Bun.serve`, a worker, a service worker, or Node's `http` with `requestListener()` of
 * `websocket-over/node`. Give `incoming` to `serve` or a server.
 *
 * - `POST` of an offer: 201 with the answer, `Location` and `ETag`. 415 for another type, 413 for one that is too long,
 *   400 or 422 for one that can't be used, 403 for a page that may not connect, 503 above `maxSessions`.
 * - `PATCH` of the session with `If-Match: "*"` restarts ICE: 200 with a fragment and a new `ETag`; 428 without
 *   `If-Match`, 412 with an old one. 422 if it can't be done, which leaves the session as it is. Candidates can't be
 *   sent one by one: 422.
 * - `DELETE` of the session ends it: 200. 404 if there is none.
 *
 * A session ends if its client does not connect within `timeoutMs`. Its URL has 128 random bits, and whoever knows it
 * may end it. To ask for a token, check the request before you pass it on.
 *
 * @example In a page
 * ```ts
 * import { webRTCDial, webRTCEndpoint } from "websocket-over/webrtc";
 *
 * const endpoint = webRTCEndpoint({ makePeerConnection: () => new RTCPeerConnection() });
 * const handle = async (request: Request) =>
 *   request.headers.get("Authorization") === "Bearer letmein" ? endpoint.handle(request) : new Response(null, { status: 401 });
 *
 * // In Node: http.createServer(requestListener(handle)). Here both are in one page.
 * const fetch = (url: string, init: RequestInit) => handle(new Request(url, init));
 * const stranger = webRTCDial("https://server.example/rtc", { fetch });
 * await stranger().catch((error) => console.log(error.code, error.status)); // → endpointRefused 401
 * const friend = webRTCDial("https://server.example/rtc", { fetch, headers: { Authorization: "Bearer letmein" } });
 * await friend();
 * console.log(endpoint.sessions); // → 1
 * friend.close();
 * endpoint.close();
 * ```
 */
export function webRTCEndpoint(options: EndpointOptions): WebRTCEndpoint {
  const checked = checkOptions("webRTCEndpoint()", options, table);
  requireKind("webRTCEndpoint(): makePeerConnection must be", checked.makePeerConnection, "a function");
  const { origins = "same", maxSessions = 64, maxWaiting = 16, onError = warn, ...rest } = checked;
  if (typeof origins === "string" && origins !== "same" && origins !== "any") {
    throw new TypeError(`origins is "same", "any" or a list, not another string`);
  }
  if (!(maxSessions >= 0)) throw new RangeError(`maxSessions is a count, not ${String(maxSessions)}`);
  const sessions = new Map<string, Session>();
  let pending = 0;
  const gone = new AbortController();
  const arrivals = new Arrivals<ByteTransport>(
    maxWaiting,
    () => {
      gone.abort();
      for (const { made } of sessions.values()) made.close();
    },
    (transport) => transport.close?.(),
  );

  async function start(request: Request): Promise<Response> {
    if (gone.signal.aborted || sessions.size + pending >= maxSessions) {
      return refuse(503, "there are too many sessions", { "Retry-After": "10" });
    }
    if (mediaTypeOf(request.headers) !== DESCRIPTION_TYPE) return refuse(415, `send ${DESCRIPTION_TYPE}`);
    pending++;
    const late = AbortSignal.timeout(BODY_MS);
    try {
      const offer = await boundedText(request, late);
      if (offer === undefined) return refuse(413, "the offer is too long");
      if (!offer.startsWith("v=0")) return refuse(400, "this is no description");
      const made = await answerWebRTC(offer, { ...rest, onError, maxWaiting, signal: gone.signal });
      const id = randomId();
      const session = { made, etag: `"${randomId()}"` };
      sessions.set(id, session);
      void made.closed.then(() => sessions.delete(id));
      void pour(made.incoming);
      const headers = {
        "Content-Type": DESCRIPTION_TYPE,
        Location: `${lastPart(request.url)}${id}`,
        ETag: session.etag,
      };
      return new Response(made.answer, { status: 201, headers });
    } catch (error) {
      if (late.aborted) return refuse(408, "the offer did not come in time");
      if (error instanceof TransportError) return refuse(422, error.message);
      throw error;
    } finally {
      pending--;
    }
  }

  async function pour(incoming: AsyncIterable<ByteTransport>): Promise<void> {
    for await (const transport of incoming) arrivals.add(transport);
  }

  async function restart(session: Session, request: Request): Promise<Response> {
    const match = request.headers.get("if-match");
    if (match === null) return refuse(428, 'send If-Match: "*" to restart ICE');
    if (mediaTypeOf(request.headers) !== FRAGMENT_TYPE) return refuse(415, `send ${FRAGMENT_TYPE}`);
    if (match === session.etag) return refuse(422, "candidates have to be in the offer");
    if (match !== "*" && match !== '"*"') return refuse(412, "the session has another ETag by now");
    const fragment = await boundedText(request);
    if (fragment === undefined) return refuse(413, "the fragment is too long");
    try {
      const answer = await session.made.restart(fragment);
      session.etag = `"${randomId()}"`;
      return new Response(answer, { headers: { "Content-Type": FRAGMENT_TYPE, ETag: session.etag } });
    } catch (error) {
      if (error instanceof TransportError) return refuse(422, error.message);
      throw error;
    }
  }

  async function answer(request: Request): Promise<Response> {
    const { method } = request;
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { "Accept-Post": DESCRIPTION_TYPE } });
    if (method === "POST") return await start(request);
    const session = sessions.get(new URL(request.url).pathname.split("/").at(-1)!);
    if (session === undefined) return refuse(404, "there is no such session");
    if (method === "PATCH") return await restart(session, request);
    if (method === "DELETE") session.made.close();
    else if (method !== "GET") return refuse(405, "this method is not for sessions", { Allow: ALLOWED_METHODS });
    return new Response(null, { status: method === "GET" ? 204 : 200 });
  }

  return {
    async handle(request) {
      const origin = request.headers.get("origin");
      if (origin !== null && !allows(origins, origin, request)) {
        return refuse(403, "pages of this origin may not connect: see the endpoint's option origins");
      }
      let response: Response;
      try {
        response = await answer(request);
      } catch (error) {
        report(onError, error);
        response = refuse(500, "the endpoint failed");
      }
      if (origin !== null) allow(response.headers, origin);
      return response;
    },
    incoming: arrivals,
    get sessions() {
      return sessions.size;
    },
    close: () => void arrivals.return(),
  };
}

function refuse(status: number, why: string, headers: Record<string, string> = {}): Response {
  return new Response(`${why}\n`, { status, headers: { "Content-Type": "text/plain; charset=utf-8", ...headers } });
}

function allows(origins: EndpointOptions["origins"], origin: string, request: Request): boolean {
  if (origins === "any") return true;
  if (typeof origins === "object") return origins.includes(origin);
  // Without the scheme, because the endpoint may be behind a TLS proxy.
  const host = request.headers.get("host") ?? new URL(request.url).host;
  return /^https?:\/\/(.*)$/i.exec(origin)?.[1] === host;
}

function allow(headers: Headers, origin: string): void {
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Expose-Headers", EXPOSED);
  headers.set("Access-Control-Allow-Methods", ALLOWED_METHODS);
  headers.set("Access-Control-Allow-Headers", ALLOWED_HEADERS);
  headers.append("Vary", "Origin");
}

/** 128 bits, which nobody guesses. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The start of a relative URL below this one. Relative, so that a proxy may change the path in front of it. */
function lastPart(url: string): string {
  const part = new URL(url).pathname.split("/").at(-1)!;
  return part === "" ? "" : `${part}/`;
}
