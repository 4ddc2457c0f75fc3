/** Transports with an opening outside their bytes, such as those of any HTTP/2 or HTTP/3 stack. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { tapTransport } from "../../src/inspect/index.ts";
import { crosswsAdapter, WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, serve, type IncomingRequest, type WebSocketError } from "../../src/stream/index.ts";
import type { ByteTransport, OpeningAnswer, OpeningRequest } from "../../src/transports/byteTransport.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { collectReports } from "../server/reports.ts";

/** Two ends whose heads travel beside a pipe. `seen` lists the heads. */
function carriedPair(): { near: ByteTransport; far: Promise<ByteTransport>; seen: (OpeningRequest | OpeningAnswer)[] } {
  const [here, there] = pipe();
  const seen: (OpeningRequest | OpeningAnswer)[] = [];
  const asked = Promise.withResolvers<OpeningRequest>();
  const answered = Promise.withResolvers<OpeningAnswer>();
  const near: ByteTransport = {
    ...here,
    opening: {
      ask(request) {
        seen.push(request);
        asked.resolve(request);
        return answered.promise;
      },
    },
  };
  const far = asked.promise.then((request) => ({
    ...there,
    opening: {
      request,
      answer(answer: OpeningAnswer) {
        seen.push(answer);
        answered.resolve(answer);
      },
    },
  }));
  return { near, far, seen };
}

/** A client's transport whose opening gets this answer. */
function answeredWith(answer: Promise<OpeningAnswer>): [near: ByteTransport, far: ByteTransport] {
  const [here, there] = pipe();
  return [{ ...here, opening: { ask: () => answer } }, there];
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  );

describe("an opening that the transport carries", () => {
  test("has the heads of RFC 8441 §5, and the streams start with frames", async () => {
    const { near, far, seen } = carriedPair();
    const tapped = far.then((transport) => tapTransport(transport, "server"));
    const opening = connect(near, {
      url: "wss://server.example/room?id=1",
      protocols: ["v1", "v2"],
      origin: "https://page.example",
      headers: { Cookie: "a=1" },
      extensions: [permessageDeflate()],
    });
    const { transport, trace } = await tapped;
    const request = await accept(transport, { origins: "any", extensions: [permessageDeflate()] });
    expect([request.target, request.host]).toEqual(["/room?id=1", "server.example"]);
    const session = await request.accept({ subprotocol: "v2", headers: { "X-Own": "yes" } });
    const other = await opening;
    expect([other.protocol, other.extensions]).toEqual(["v2", "permessage-deflate"]);
    await other.send("hello");
    expect(await session.receive()).toBe("hello");
    await session.close();
    const offered = "permessage-deflate; client_max_window_bits";
    expect(seen).toEqual([
      {
        authority: "server.example",
        target: "/room?id=1",
        headers: [
          ["origin", "https://page.example"],
          ["sec-websocket-extensions", offered],
          ["sec-websocket-protocol", "v1, v2"],
          ["sec-websocket-version", "13"],
          ["cookie", "a=1"],
        ],
      },
      {
        status: 200,
        headers: [
          ["sec-websocket-extensions", "permessage-deflate"],
          ["sec-websocket-protocol", "v2"],
          ["x-own", "yes"],
        ],
      },
    ]);
    expect(trace.records.map(({ kind }) => kind)).toEqual(["frame", "frame", "frame"]);
  });
  test.each([
    ["a body", { body: "log in first" }],
    ["a large body", { body: "x".repeat(60_000) }],
    ["no body", {}],
  ])("is refused with status, headers and %s", async (_, answer) => {
    const { near, far, seen } = carriedPair();
    void far.then((transport) =>
      serve([transport], (request) => request.reject({ status: 401, headers: { "X-Why": "secret" }, ...answer })),
    );
    const error = (await failureOf(connect(near))) as WebSocketError;
    const { status, statusText, headers, body } = error.rejection!;
    // Such an answer has no reason phrase (RFC 9113 §8.3.2).
    expect([status, statusText, headers.get("x-why"), new TextDecoder().decode(body)]).toEqual([
      401,
      "",
      "secret",
      "body" in answer ? answer.body : "",
    ]);
    const length = "body" in answer ? String(answer.body.length) : "0";
    expect(seen[1]).toEqual({
      status: 401,
      headers: [
        ["content-length", length],
        ["x-why", "secret"],
      ],
    });
  });
  test("serves WebSocketServer and the WebSocket class", async () => {
    const server = new WebSocketServer({ path: "/echo" });
    server.on("connection", (peer) => peer.on("message", (data, binary) => peer.send(data, { binary })));
    const WebSocket = createWebSocketClass(() => {
      const { near, far } = carriedPair();
      void far.then((transport) => server.handleTransport(transport));
      return near;
    });
    const socket = new WebSocket("wss://server.example/echo");
    socket.onopen = () => socket.send("hello");
    const { data } = await new Promise<MessageEvent<unknown>>((resolve) => (socket.onmessage = resolve));
    expect(data).toBe("hello");
    socket.close(4000, "bye");
    const { code, reason, wasClean } = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
    expect([code, reason, wasClean]).toEqual([4000, "bye", true]);
    const elsewhere = new WebSocket("wss://server.example/nowhere");
    const event = await new Promise<Event>((resolve) => (elsewhere.onerror = resolve));
    expect((event as Event & { cause: WebSocketError }).cause.rejection?.status).toBe(400);
  });
  test("of a server's transport is refused by a client, and the reverse", async () => {
    const request: OpeningRequest = { authority: "server.example", target: "/", headers: [] };
    const atServer = { ...pipe()[0], opening: { request, answer: () => undefined } };
    const atClient = { ...pipe()[0], opening: { ask: () => new Promise<OpeningAnswer>(() => undefined) } };
    expect(await failureOf(connect(atServer))).toMatchObject({
      name: "TypeError",
      message: "the transport's opening must be { ask }, not an instance of Object",
    });
    expect(await failureOf(accept(atClient))).toMatchObject({
      name: "TypeError",
      message: "the transport's opening must be { request, answer }, not an instance of Object",
    });
    for (const { writable } of [atServer, atClient]) await expect(writable.getWriter().closed).rejects.toThrow();
  });
  test("with an invalid request is answered automatically", async () => {
    const [, there] = pipe();
    const answers: OpeningAnswer[] = [];
    const request = { authority: "server.example", target: "/", headers: [["sec-websocket-version", "8"]] };
    const opening = {
      request: request as OpeningRequest,
      answer: (answer: OpeningAnswer) => void answers.push(answer),
    };
    await failureOf(accept({ ...there, opening }));
    await expect.poll(() => answers.map(({ status }) => status)).toEqual([426]);
    expect(answers[0]!.headers.map(([name]) => name)).not.toContain("upgrade");
  });
  test.each<[name: string, answer: OpeningAnswer]>([
    ["a status that is not final", { status: 103, headers: [] }],
    ["no status", { status: NaN, headers: [] }],
    ["a header that would end the head", { status: 200, headers: [["x", "a\r\n\r\n\x81"]] }],
    ["an invalid name", { status: 200, headers: [["a b", ""]] }],
  ])("that is answered with %s fails, and the transport is ended", async (_, answer) => {
    const [near, far] = answeredWith(Promise.resolve(answer));
    const error = (await failureOf(connect(near))) as WebSocketError;
    expect(error.message).toMatch(/^the transport failed: /);
    await expect(far.readable.getReader().read()).rejects.toThrow();
  });
  test("that fails passes on the cause", async () => {
    const [near, far] = answeredWith(Promise.reject(new Error("no stream")));
    expect(await failureOf(connect(near))).toMatchObject({ message: "the transport failed: no stream" });
    await expect(far.readable.getReader().read()).rejects.toThrow();
  });
  test("that is never answered ends by its deadline, or its signal", async () => {
    const [near, far] = answeredWith(new Promise(() => {}));
    expect(await failureOf(connect(near, { handshakeTimeoutMs: 20 }))).toMatchObject({
      message: "the connection failed: no opening handshake in 20 ms",
    });
    expect((await far.readable.getReader().read()).done).toBe(true);
    const [late] = answeredWith(new Promise(() => {}));
    const giveUp = new AbortController();
    const opening = connect(late, { signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    expect(await failureOf(opening)).toEqual(new Error("enough"));
  });
  test("whose server throws fails, and the error is reported", async () => {
    const [, there] = pipe();
    const opening = {
      request: { authority: "a", target: "/", headers: [["sec-websocket-version", "13"]] } as OpeningRequest,
      answer() {
        throw new Error("the stream is gone");
      },
    };
    const request = await accept({ ...there, opening });
    const session = await request.accept();
    expect(await failureOf(session.closed)).toMatchObject({ message: "the transport failed: the stream is gone" });
  });
  test.each([200, 204])(
    "can't be refused with %i, which would open it: the server gets an error, and the client 500",
    async (status) => {
      const { near, far } = carriedPair();
      const told: unknown[] = [];
      const handler = (request: IncomingRequest): Promise<void> => request.reject({ status });
      void far.then((transport) => serve([transport], handler, { onError: (error) => void told.push(error) }));
      const error = (await failureOf(connect(near))) as WebSocketError;
      expect(error.rejection?.status).toBe(500);
      expect(told).toEqual([expect.any(RangeError)]);
    },
  );
  test.each<[string, () => Pick<WebSocketServer, "handleTransport">]>([
    [
      "verifyClient",
      () =>
        new WebSocketServer({
          verifyClient: (_, verified) => {
            verified(false, 200);
          },
        }),
    ],
    ["an upgrade hook", () => crosswsAdapter({ hooks: { upgrade: () => new Response("no") } })],
  ])("can't be refused with 200 by %s: that is reported once, and the client gets 500", async (_, make) => {
    const { reports } = collectReports();
    const { near, far } = carriedPair();
    const server = make();
    void far.then((transport) => server.handleTransport(transport));
    const error = (await failureOf(connect(near))) as WebSocketError;
    expect(error.rejection?.status).toBe(500);
    expect(reports).toEqual([expect.any(RangeError)]);
  });
  test("does not allow prior knowledge", async () => {
    const { near } = carriedPair();
    await expect(connect(near, { handshake: "none" })).rejects.toThrow(
      new TypeError('the transport has its own opening: leave out handshake: "none"'),
    );
  });
  test("respects the limits of the client", async () => {
    const headers = [["x", "y".repeat(20_000)]] as [string, string][];
    const [near] = answeredWith(Promise.resolve({ status: 200, headers }));
    expect(await failureOf(connect(near))).toMatchObject({ cause: { code: "headTooLarge" } });
  });
});
