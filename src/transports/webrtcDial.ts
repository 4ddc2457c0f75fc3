/** Reaches a WebRTC server with one POST, in the shape of WHIP (RFC 9725) for data channels only. */
import { checkOptions, refuse, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { DialError } from "./dialError.ts";
import { ignore } from "./ignore.ts";
import { onAbort } from "./onAbort.ts";
import {
  describe,
  gathered,
  peerConnectionMaker,
  peerConnectionTable,
  requireTimes,
  watchFare,
  watchPage,
  type Fare,
  type PeerConnectionOptions,
} from "./peerConnection.ts";
import { boundedText, DESCRIPTION_TYPE, FRAGMENT_TYPE, mediaTypeOf } from "./sessionHTTP.ts";
import { faultOf, fragmentOf, iceOf, withIce } from "./sessionDescription.ts";
import { firstOf } from "./settlement.ts";
import { startTimer } from "./startTimer.ts";
import { textOf } from "./textOf.ts";
import { channelTable, dataChannelProtocol, sizesOf, transportOf, type DataChannelOptions } from "./webrtcChannel.ts";

/** The options of {@link webRTCDial}. */
export interface WebRTCDialOptions extends Omit<DataChannelOptions, "peerConnection">, PeerConnectionOptions {
  /** Additional headers of all requests, such as `Authorization`. */
  readonly headers?: HeadersInit | undefined;
  /** The function that sends the requests. By default the platform's. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** How long connecting may take, in milliseconds: 15,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How long to gather candidates before the POST, in milliseconds: 1,000 by default. */
  readonly gatherMs?: number | undefined;
  /** How long a failed connection may take to come back, in milliseconds: 30,000 by default. */
  readonly lostMs?: number | undefined;
  /** How long to keep a connection that no WebSocket uses, in milliseconds: 5,000 by default. */
  readonly idleMs?: number | undefined;
}

const table: OptionTable<WebRTCDialOptions> = {
  ...channelTable,
  ...peerConnectionTable,
  headers: "an object",
  fetch: "a function",
  timeoutMs: "a number",
  gatherMs: "a number",
  lostMs: "a number",
  idleMs: "a number",
};

/**
 * A `Dial` with a `close()`.
 *
 * @see {@link webRTCDial}
 */
export interface WebRTCDial {
  (url?: string | URL, protocols?: readonly string[], signal?: AbortSignal): Promise<ByteTransport>;
  /** Ends the connection, with all WebSockets over it. A later dial makes a new one. */
  close(): void;
}

/** How long the last request may take, in milliseconds. Nobody waits for it. */
const FAREWELL_MS = 5000;

/**
 * How many times to try if the platform refuses a valid answer: libdatachannel 0.33 does so if the server's checks
 * arrive before the answer. From the second time on the offer has no candidates, so that only this end can start.
 */
const MOST_TRIES = 3;

/** How long to wait before another try to restart ICE, in milliseconds. */
const RESTART_AGAIN_MS = 2000;

/**
 * Makes a `Dial` that opens data channels to a server. The first dial makes a peer connection and POSTs its offer to
 * the endpoint; later ones share the connection. `webRTCEndpoint()` is such an endpoint. Give the dial to
 * `createWebSocketClass`, or a transport of it to `connect`. The URL of the WebSocket does not choose the server.
 *
 * If the network changes, ICE is restarted with a PATCH, and the WebSockets go on. When the last transport has closed
 * and `idleMs` are over, or after `close()`, the connection ends, with a DELETE.
 *
 * A dial rejects with a `DialError`: `endpointRefused` if the endpoint answers with a status of 400 or more,
 * `endpointAnswer` if the answer is not one to an offer, `failed` if the request failed, `unreachable` if the server's
 * candidates can't be reached, `timedOut` after `timeoutMs`, `closed` after `close()`. It rejects with the signal's
 * reason. Nothing is left behind then. Of redirects, only 307 is followed, as RFC 9725 demands; a browser hides the
 * status, so it follows 308 too.
 *
 * @example In a page
 * ```ts
 * import { connect, serve } from "websocket-over/stream";
 * import { webRTCDial, webRTCEndpoint } from "websocket-over/webrtc";
 *
 * const endpoint = webRTCEndpoint({ makePeerConnection: () => new RTCPeerConnection() }); // stands for your server
 * void serve(endpoint.incoming, async (request) => (await request.accept()).send(`this is ${request.target}`));
 *
 * const dial = webRTCDial("https://server.example/rtc", {
 *   fetch: (url, init) => endpoint.handle(new Request(url, init)), // leave it out to go over the network
 * });
 * const session = await connect(await dial(), { url: "ws://peer/chat" });
 * console.log(await session.receive()); // → this is /chat
 * await session.close();
 * dial.close();
 * endpoint.close();
 * ```
 */
export function webRTCDial(endpoint: string | URL, options: WebRTCDialOptions = {}): WebRTCDial {
  const url = endpointURL(endpoint);
  const checked = checkOptions("webRTCDial()", options, table);
  sizesOf(checked, true);
  const { timeoutMs, gatherMs, lostMs, idleMs } = checked;
  requireTimes({ timeoutMs, gatherMs, lostMs, idleMs });
  const makePeerConnection = peerConnectionMaker("webRTCDial()", checked);
  let session: ClientSession | undefined;
  const dial = async (
    _url?: string | URL,
    _protocols?: readonly string[],
    signal?: AbortSignal,
  ): Promise<ByteTransport> => {
    for (let left = MOST_TRIES - 1; ; left--) {
      signal?.throwIfAborted();
      const isAgain = left < MOST_TRIES - 1;
      const used =
        session === undefined || session.isOver
          ? new ClientSession(url, checked, makePeerConnection(), isAgain)
          : session;
      session = used;
      try {
        return await used.open(signal);
      } catch (error) {
        if (left === 0 || !used.refusedAnswer) throw error;
      }
    }
  };
  return Object.assign(dial, { close: () => session?.end(new DialError("the dial was closed", { code: "closed" })) });
}

function endpointURL(endpoint: string | URL): string {
  const expected = "webRTCDial() takes the URL of an endpoint, http: or https:";
  if (typeof endpoint !== "string" && !(endpoint instanceof URL)) refuse(expected, endpoint);
  let url: URL;
  try {
    url = new URL(endpoint, (globalThis as { location?: { href: string } }).location?.href);
  } catch {
    throw new TypeError(`${expected}, and this is no URL`);
  }
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`${expected}, not ${url.protocol}`);
  return url.href;
}

/** One peer connection to the server, from its offer to its DELETE. */
class ClientSession {
  readonly #endpoint: string;
  readonly #hidesCandidates: boolean;
  readonly #options: WebRTCDialOptions;
  readonly #connection: RTCPeerConnection;
  readonly #stopWatching: () => void;
  readonly #stopListening: () => void;
  /** Whether the platform refused the server's answer. */
  refusedAnswer = false;
  /** Aborted at the end. */
  readonly #gone = new AbortController();
  readonly #connected: Promise<unknown>;
  /** The URL of the resource that the server created. */
  #url: string | undefined;
  #answer = "";
  #isOpen = false;
  /** How many channels there are, opening ones included. */
  #users = 0;
  #stopIdle = ignore;
  #stopGivingUp: (() => void) | undefined;
  #isInterrupted = false;
  #isRestarting = false;
  #canRestart = true;
  #fare: (fare: Fare) => void;

  /** With `hidesCandidates` the server learns this end's address from this end's first check. */
  constructor(endpoint: string, options: WebRTCDialOptions, connection: RTCPeerConnection, hidesCandidates: boolean) {
    this.#endpoint = endpoint;
    this.#hidesCandidates = hidesCandidates;
    this.#options = options;
    this.#connection = connection;
    this.#fare = ignore;
    this.#stopWatching = watchFare(this.#connection, (fare) => this.#fare(fare));
    this.#stopListening = watchPage({
      online: () => void this.#restart(),
      pagehide: () => this.end(new DialError("the page was left", { code: "closed" })),
    });
    // Deferred: an offer without a channel would have nothing to offer.
    this.#connected = Promise.resolve().then(() => this.#connect());
    this.#connected.catch((error: unknown) => this.end(error));
  }

  get isOver(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Opens a channel. */
  async open(signal: AbortSignal | undefined): Promise<ByteTransport> {
    this.#stopIdle();
    this.#users++;
    const channel = this.#connection.createDataChannel("websocket", { protocol: dataChannelProtocol });
    const { windowBytes, maxUnreadBytes, maxMessageBytes } = this.#options;
    const peerConnection = this.#connection;
    const transport = transportOf(channel, { windowBytes, maxUnreadBytes, maxMessageBytes, peerConnection });
    void transport.closed!.then(() => this.#leave());
    try {
      await firstOf<unknown>((resolve, reject) => {
        this.#connected.then(resolve, reject);
        return [onAbort(signal, reject)];
      });
    } catch (error) {
      transport.close!();
      if (!this.#isOpen && this.#users === 1) this.end(error);
      throw error;
    }
    return { ...transport, encrypted: true };
  }

  /** Ends everything. `reason` is why a dial that waits fails. */
  end(reason: unknown): void {
    if (this.isOver) return;
    this.#gone.abort(reason);
    this.#stopIdle();
    this.#stopGivingUp?.();
    this.#stopWatching();
    this.#stopListening();
    this.#connection.close();
    if (this.#url !== undefined) this.#farewell(this.#url);
  }

  #leave(): void {
    if (--this.#users > 0 || this.isOver) return;
    const { idleMs = 5000 } = this.#options;
    this.#stopIdle = startTimer(idleMs, () => this.end(undefined));
  }

  async #connect(): Promise<void> {
    const { timeoutMs = 15_000, gatherMs = 1000 } = this.#options;
    const late = new AbortController();
    const stopTimer = startTimer(timeoutMs, () => {
      const message = `no connection in ${timeoutMs} ms: see the option timeoutMs`;
      late.abort(new DialError(message, { code: "timedOut" }));
    });
    const forget = onAbort(this.#gone.signal, (reason) => late.abort(reason));
    try {
      await this.#exchange(gatherMs, late.signal);
      await this.#untilConnected(late.signal);
      this.#isOpen = true;
      this.#fare = (fare) => this.#watch(fare);
    } finally {
      stopTimer();
      forget();
    }
  }

  /** Sends the offer and takes the answer. */
  async #exchange(gatherMs: number, signal: AbortSignal): Promise<void> {
    await describe(this.#connection, "offer");
    const offer = await gathered(this.#connection, gatherMs, signal);
    const shown = this.#hidesCandidates ? offer.replace(/^a=candidate:.*\r?\n/gm, "") : offer;
    const response = await this.#post(shown, signal);
    const { status } = response;
    const type = mediaTypeOf(response.headers);
    const isAnswer = type === DESCRIPTION_TYPE && status === 201;
    if (!isAnswer) await drop(response);
    const answerAsText = isAnswer ? await this.#read(response, signal) : undefined;
    if (status >= 400) throw this.#refusal(response);
    if (status !== 201 || answerAsText === undefined) {
      const got = `${status} with ${type === "" ? "no content type" : type}`;
      throw this.#badAnswer(
        `answered ${got}, expected 201 with ${DESCRIPTION_TYPE}: is this a WebRTC endpoint?`,
        status,
      );
    }
    const location = response.headers.get("location");
    if (location === null) throw this.#badAnswer("sent no Location, which is the session's own URL", status);
    this.#url = this.#sessionURL(location, response);
    const fault = faultOf(answerAsText);
    if (fault !== undefined) throw this.#badAnswer(`sent a description that can't be used: ${fault}`, status);
    signal.throwIfAborted();
    this.#answer = answerAsText;
    try {
      await this.#connection.setRemoteDescription({ type: "answer", sdp: answerAsText });
    } catch (error) {
      this.refusedAnswer = true;
      throw this.#badAnswer(`sent a description that can't be used: ${textOf(error)}`, status, error);
    }
  }

  async #post(offer: string, signal: AbortSignal): Promise<Response> {
    const send = (redirect: RequestRedirect): Promise<Response> =>
      this.#fetch("POST", this.#endpoint, { type: DESCRIPTION_TYPE, body: offer, redirect, signal });
    const first = await send("manual");
    // Browsers hide where a redirect leads to. After 301, 302 and 303 the request becomes a GET, which gets no 201.
    if (first.status !== 307 && first.type !== "opaqueredirect") return first;
    await drop(first);
    return await send("follow");
  }

  /** Sends a request. Rejects with the signal's reason even if `fetch` does not heed the signal. */
  async #fetch(
    method: string,
    url: string,
    given: { type?: string; body?: string; match?: string; redirect?: RequestRedirect; signal: AbortSignal },
  ): Promise<Response> {
    const headers = new Headers(this.#options.headers);
    if (given.type !== undefined) headers.set("content-type", given.type);
    if (given.match !== undefined) headers.set("if-match", given.match);
    const { body = null, redirect = "error", signal } = given;
    const send = this.#options.fetch ?? fetch;
    try {
      return await firstOf<Response>((resolve, reject) => {
        send(url, { method, headers, body, redirect, signal, keepalive: method === "DELETE" }).then(resolve, reject);
        return [onAbort(signal, reject)];
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new DialError(`the request to ${hostOf(url)} failed: ${textOf(error)}`, { code: "failed", cause: error });
    }
  }

  async #read(response: Response, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await boundedText(response, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#badAnswer(`broke off its answer: ${textOf(error)}`, response.status, error);
    }
  }

  #sessionURL(location: string, response: Response): string {
    const base = response.url === "" ? this.#endpoint : response.url;
    let url: URL;
    try {
      url = new URL(location, base);
    } catch {
      throw this.#badAnswer("sent an invalid Location", response.status);
    }
    const isDowngraded = this.#endpoint.startsWith("https:") && url.protocol !== "https:";
    if (isDowngraded || !/^https?:$/.test(url.protocol)) {
      throw this.#badAnswer(`sent a Location with ${url.protocol}`, response.status);
    }
    return url.href;
  }

  #refusal({ status, headers }: Response): DialError {
    const retry = headers.get("retry-after") ?? "";
    const again = /^\d{1,6}$/.test(retry) ? `: try again in ${retry} s` : "";
    return new DialError(`${hostOf(this.#endpoint)} refuses with ${status}${again}`, {
      code: "endpointRefused",
      status,
    });
  }

  #badAnswer(what: string, status: number, cause?: unknown): DialError {
    return new DialError(`${hostOf(this.#endpoint)} ${what}`, { code: "endpointAnswer", status, cause });
  }

  async #untilConnected(signal: AbortSignal): Promise<void> {
    if (this.#connection.connectionState === "connected") return;
    await firstOf<unknown>((resolve, reject) => {
      this.#fare = (fare) => {
        if (fare === "connected") resolve(undefined);
        else if (fare !== "interrupted") {
          reject(new DialError("none of the server's candidates can be reached", { code: "unreachable" }));
        }
      };
      return [onAbort(signal, reject)];
    });
  }

  /** The connection was open, and its state has changed. */
  #watch(fare: Fare): void {
    if (fare === "ended") this.end(undefined);
    else if (fare === "connected") {
      this.#isInterrupted = false;
      this.#stopGivingUp?.();
      this.#stopGivingUp = undefined;
    } else {
      const { lostMs = 30_000 } = this.#options;
      this.#isInterrupted = true;
      // Not while it is only interrupted: Firefox 153 may report that of a working connection.
      if (fare === "failed") this.#stopGivingUp ??= startTimer(lostMs, () => this.end(undefined));
      void this.#restart();
    }
  }

  /** Restarts ICE until the connection is back, or the server says that it can't. */
  async #restart(): Promise<void> {
    if (!this.#isInterrupted || this.#isRestarting) return;
    this.#isRestarting = true;
    while (this.#isInterrupted && this.#canRestart && !this.isOver) {
      await this.#tryRestart().catch(ignore);
      await pause(RESTART_AGAIN_MS, this.#gone.signal);
    }
    this.#isRestarting = false;
  }

  /** A failed restart leaves the session as it was. */
  async #tryRestart(): Promise<void> {
    const { gatherMs = 1000 } = this.#options;
    const { signal } = this.#gone;
    try {
      await describe(this.#connection, "offer", { iceRestart: true });
      const offer = await gathered(this.#connection, gatherMs, signal);
      const response = await this.#fetch("PATCH", this.#url!, {
        type: FRAGMENT_TYPE,
        match: "*",
        body: fragmentOf(offer),
        signal,
      });
      if (response.status !== 200 || mediaTypeOf(response.headers) !== FRAGMENT_TYPE) {
        this.#canRestart = response.status >= 500;
        await drop(response);
        throw this.#refusal(response);
      }
      const ice = iceOf((await this.#read(response, signal)) ?? "");
      if (ice === undefined) throw this.#badAnswer("sent a fragment without ICE", response.status);
      await this.#connection.setRemoteDescription({ type: "answer", sdp: withIce(this.#answer, ice) });
    } catch (error) {
      if (this.#connection.signalingState === "have-local-offer") {
        await this.#connection.setLocalDescription({ type: "rollback" });
      }
      throw error;
    }
  }

  #farewell(url: string): void {
    const signal = AbortSignal.timeout(FAREWELL_MS);
    this.#fetch("DELETE", url, { signal }).then(drop).catch(ignore);
  }
}

/** Ends early when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return firstOf((resolve) => {
    const timer = setTimeout(resolve, ms);
    return [() => clearTimeout(timer), onAbort(signal, () => resolve())];
  });
}

/** The host alone: a path may contain secrets. */
function hostOf(url: string): string {
  return new URL(url).host;
}

/** Frees the connection of an answer that nobody reads. */
async function drop(response: Response): Promise<void> {
  await response.body?.cancel().catch(ignore);
}
