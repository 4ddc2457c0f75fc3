/** How public functions and constructors report invalid arguments and options at the call. */
import { readFileSync } from "node:fs";
import { createServer as createHTTPServer } from "node:http";
import { createSecureServer, createServer as createHTTP2Server } from "node:http2";
import { createServer as createHTTPSServer } from "node:https";
import { connect as connectTCP, createServer } from "node:net";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { createServer as createTLSServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { answerOffer, offerHeaders, readAnswer, readOffer, WSConnection } from "../../src/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { extendedConnects, http2Dial } from "../../src/http2/index.ts";
import * as inspect from "../../src/inspect/index.ts";
import { checkServerOptions } from "../../src/playwright/webSocketServer.ts";
import { race, resumable, resumed } from "../../src/resume/index.ts";
import { answer, broadcastChannelSignals, invite, meet, meetings } from "../../src/rendezvous/index.ts";
import { crosswsAdapter, WebSocketServer, type Peer } from "../../src/server/index.ts";
import { accept, connect, serve } from "../../src/stream/index.ts";
import { TestServer, webSocketServer } from "../../src/testing/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { dial as dialServer, listen, socketTransport, upgrades, upgradeTransport } from "../../src/transports/node.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import {
  answerWebRTC,
  dataChannelTransport,
  incomingChannels,
  webRTCDial,
  webRTCEndpoint,
} from "../../src/transports/webrtc.ts";
import { webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { dial, incoming } from "../../src/transports/webTransport.ts";
import { createWebSocketClass, webSocketOver, webSocketPair } from "../../src/websocket/index.ts";

/** A function, as an untyped program calls it. */
type Loose = (...given: unknown[]) => unknown;
const loose = (call: unknown): Loose => call as Loose;
const made =
  (constructor: unknown): Loose =>
  (...given) =>
    new (constructor as new (...given: unknown[]) => unknown)(...given);

/** How a call failed: "throws" or "rejects" with the error, or "nothing". */
async function complaint(call: Loose, given: readonly unknown[]): Promise<string> {
  let result: unknown;
  try {
    result = call(...given);
  } catch (error) {
    return `throws ${describeError(error)}`;
  }
  if (!(result instanceof Promise)) return "nothing";
  // An immediate rejection settles before any timer.
  const later = new Promise<string>((resolve) => setTimeout(resolve, 20, "nothing"));
  const settled = result.then(
    () => "nothing",
    (error: unknown) => `rejects ${describeError(error)}`,
  );
  return await Promise.race([settled, later]);
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `no Error: ${String(error)}`;
}

type Row = readonly [text: string, given: readonly unknown[], message: string];

/** `how` is the rule: a function that returns a promise rejects, any other one throws. */
function refuses(name: string, how: "throws" | "rejects", call: unknown, rows: readonly Row[]): void {
  describe(name, () => {
    test.each(rows)("%s", async (_, given, message) => {
      expect(await complaint(loose(call), given)).toBe(`${how} ${message}`);
    });
  });
}

const near = (): ByteTransport => pipe()[0];
const ignore = (): void => undefined;
const url = "ws://user:s3cret@localhost:8080/";
const socket = connectTCP({ port: 1, host: "127.0.0.1" });
socket.on("error", ignore).destroy();
const http = createHTTPServer();
const channel = { label: "", ordered: true, readyState: "open", binaryType: "blob", send: ignore };
const session = { ready: Promise.resolve(), closed: Promise.resolve(), createBidirectionalStream: ignore };
const connection = (): WSConnection => new WSConnection("server");

const TAKES = "takes a transport, { readable, writable }, not";
const DIAL = "to dial a URL on Node use dial() of websocket-over/node";
const LISTEN = "use listen() or upgrades() of websocket-over/node";
const LIST = "extensions must be an array, as in [permessageDeflate()], not an instance of Object";
const RESUME_OPTIONS = "bufferBytes, keepMs, probeMs, signal, random, clock";
const CALLED =
  "an extension, such as permessageDeflate(), must be { offer, accept, confirm }, not an instance of Function";

describe("websocket-over", () => {
  refuses("new WSConnection()", "throws", made(WSConnection), [
    ["no type", [], 'TypeError: new WSConnection() takes "client" or "server", not undefined'],
    [
      "limit: for limits:",
      ["server", { limit: {} }],
      "TypeError: new WSConnection() has no option limit; did you mean limits?",
    ],
    [
      "a limit that there is not",
      ["server", { limits: { maxMessageByte: 1 } }],
      "TypeError: new WSConnection(): limits has no option maxMessageByte; did you mean maxMessageBytes?",
    ],
    [
      "a limit of another type",
      ["server", { limits: { maxMessageBytes: "1" } }],
      "TypeError: new WSConnection(): limits: maxMessageBytes must be a number, not a string",
    ],
    [
      "a limit below 0",
      ["server", { limits: { maxMessageBytes: -1 } }],
      "RangeError: limits.maxMessageBytes must be a whole number of at least 0, or Infinity; it is -1",
    ],
    [
      "keepAlive: for keepalive:",
      ["server", { keepAlive: 1000 }],
      "TypeError: new WSConnection() has no option keepAlive; did you mean keepalive?",
    ],
    [
      "keepalive: 1000",
      ["server", { keepalive: 1000 }],
      "TypeError: new WSConnection(): keepalive takes options, { intervalMs, timeoutMs }, not 1000",
    ],
    [
      "half of keepalive",
      ["server", { keepalive: { intervalMs: 1 } }],
      "RangeError: keepalive.timeoutMs must be more than 0 ms, not undefined",
    ],
    ["autoPong: 1", ["server", { autoPong: 1 }], "TypeError: new WSConnection(): autoPong must be a boolean, not 1"],
    [
      "random: null",
      ["server", { random: null }],
      "TypeError: new WSConnection(): random must be a function, not null",
    ],
    ["extensions: permessageDeflate()", ["server", { extensions: permessageDeflate() }], `TypeError: ${LIST}`],
    ["extensions: [permessageDeflate]", ["server", { extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
    [
      "a name that every object has",
      ["server", { constructor: 1 }],
      "TypeError: new WSConnection() has no option constructor; it has subprotocols, extensions, origin, headers, " +
        "handshakeTimeoutMs, messageTimeoutMs, closeTimeoutMs, keepalive, handshake, subprotocol, limits, masking, " +
        "autoPong, random, host, resource",
    ],
  ]);
  refuses("offerHeaders()", "throws", offerHeaders, [
    [
      "no options",
      [],
      "TypeError: offerHeaders() takes options, { subprotocols, extensions, origin, headers }, not undefined",
    ],
    [
      "protocols: for subprotocols:",
      [{ protocols: [] }],
      "TypeError: offerHeaders() has no option protocols; did you mean subprotocols?",
    ],
    ["extensions: permessageDeflate()", [{ extensions: permessageDeflate() }], `TypeError: ${LIST}`],
  ]);
  refuses("readOffer()", "throws", readOffer, [
    [
      "a record",
      [{ upgrade: "websocket" }],
      "TypeError: readOffer() takes Headers, { get }, not an instance of Object",
    ],
  ]);
  refuses("answerOffer()", "throws", answerOffer, [
    [
      "the headers",
      [new Headers()],
      "TypeError: answerOffer() takes what readOffer() returns, { subprotocols, extensions }, not an instance of Headers",
    ],
    [
      "protocol: for subprotocol:",
      [{ subprotocols: [], extensions: [] }, { protocol: "a" }],
      "TypeError: answerOffer() has no option protocol; did you mean subprotocol?",
    ],
  ]);
  refuses("readAnswer()", "throws", readAnswer, [
    ["nothing", [], "TypeError: readAnswer() takes the offer, an object, not undefined"],
    ["a record", [{}, {}], "TypeError: readAnswer() takes Headers, { get }, not an instance of Object"],
  ]);
});

describe("websocket-over/stream", () => {
  const takes = (shown: string, instead = ""): string =>
    `TypeError: connect() ${TAKES} ${shown}${instead && `; ${instead}`}`;
  refuses("connect()", "rejects", connect, [
    ["a URL", [url], takes("a string", DIAL)],
    ["a URL object", [new URL(url)], takes("an instance of URL", DIAL)],
    ["nothing", [], takes("undefined")],
    ["net.connect(port)", [socket], takes("an instance of Socket", "use socketTransport() of websocket-over/node")],
    [
      "a WebSocket",
      [webSocketPair()[0]],
      takes("an instance of WebSocket", "use webSocketTransport() of websocket-over/websocket-transport"),
    ],
    [
      "a message port",
      [new MessageChannel().port1],
      takes("an instance of MessagePort", "use messagePortTransport() of websocket-over/messageport"),
    ],
    [
      "a data channel",
      [channel],
      takes("an instance of Object", "use dataChannelTransport() of websocket-over/webrtc"),
    ],
    [
      "a WebTransport session",
      [session],
      takes("an instance of Object", "use dial() or incoming() of websocket-over/webtransport"),
    ],
    ["a promise that was not awaited", [Promise.resolve(near())], takes("an instance of Promise", "await it")],
    ["both ends of a pipe", [pipe()], takes("an instance of Array", "give it one of them")],
    [
      "a URL for options",
      [near(), url],
      "TypeError: connect() takes options, { handshakeTimeoutMs, messageTimeoutMs, closeTimeoutMs, keepalive, " +
        "handshake, subprotocol, extensions, limits, masking, autoPong, random, clock, onConnection, headers, " +
        "origin, signal, url, protocols }, not a string",
    ],
    [
      "keepAlive: for keepalive:",
      [near(), { keepAlive: 1000 }],
      "TypeError: connect() has no option keepAlive; did you mean keepalive?",
    ],
    [
      "a limit that there is not",
      [near(), { limits: { maxMessageByte: 1 } }],
      "TypeError: connect(): limits has no option maxMessageByte; did you mean maxMessageBytes?",
    ],
    ["extensions: permessageDeflate()", [near(), { extensions: permessageDeflate() }], `TypeError: ${LIST}`],
    ["extensions: [permessageDeflate]", [near(), { extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
    [
      "an AbortController for its signal",
      [near(), { signal: new AbortController() }],
      "TypeError: connect(): signal must be { aborted, reason }, not an instance of AbortController",
    ],
    [
      "protocols: 5",
      [near(), { protocols: 5 }],
      "TypeError: connect(): protocols must be a string or an object, not 5",
    ],
    ["handshake: http2", [near(), { handshake: "http2" }], 'TypeError: handshake is "http1" or "none", not http2'],
  ]);
  refuses("accept()", "rejects", accept, [
    ["an http.Server", [http], `TypeError: accept() ${TAKES} an instance of Server; ${LISTEN}`],
    [
      "origin: for origins:",
      [near(), { origin: "any" }],
      "TypeError: accept() has no option origin; did you mean origins?",
    ],
    [
      "an invalid request",
      [near(), { request: {} }],
      "TypeError: accept(): request must be { method, target, headers }, not an instance of Object",
    ],
    ["extensions: [permessageDeflate]", [near(), { extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
  ]);
  const source = (shown: string, instead = ""): string =>
    `TypeError: serve() takes transports, as an array or another iterable, not ${shown}${instead && `; ${instead}`}`;
  refuses("serve()", "rejects", serve, [
    ["a transport", [near(), ignore], source("an instance of Object", "put it into an array")],
    ["an http.Server", [http, ignore], source("an instance of Server", LISTEN)],
    ["the handler alone", [ignore], source("an instance of Function", "the handler comes second")],
    ["a URL", [url, ignore], source("a string", DIAL)],
    ["a socket", [socket, ignore], source("an instance of Socket", "use socketTransport() of websocket-over/node")],
    [
      "an array of sockets",
      [[socket], ignore],
      `TypeError: serve() ${TAKES} an instance of Socket; use socketTransport() of websocket-over/node`,
    ],
    ["no handler", [[near()]], "TypeError: serve() takes a handler, a function, not undefined"],
    [
      "options for a handler",
      [[near()], { origins: "any" }],
      "TypeError: serve() takes a handler, a function, not an instance of Object",
    ],
    [
      "maxConnection: for maxConnections:",
      [[], ignore, { maxConnection: 1 }],
      "TypeError: serve() has no option maxConnection; did you mean maxConnections?",
    ],
    ["maxConnections: 0", [[], ignore, { maxConnections: 0 }], "RangeError: maxConnections must be at least 1, not 0"],
    ["extensions: permessageDeflate()", [[], ignore, { extensions: permessageDeflate() }], `TypeError: ${LIST}`],
  ]);
  test("close() of a session takes options, not a code, and the session stays open", async () => {
    const [here, there] = pipe();
    const known = { handshake: "none", masking: false } as const;
    const client = await connect(here, known);
    const served = await (await accept(there, known)).accept();
    expect(() => loose(client.close.bind(client))(1000, "bye")).toThrow(
      new TypeError("close() takes options, { signal, closeCode, reason }, not 1000"),
    );
    expect(() => loose(client.close.bind(client))({ code: 1000 })).toThrow(
      new TypeError("close() has no option code; did you mean closeCode?"),
    );
    await client.send("still open");
    expect(await served.receive()).toBe("still open");
    await Promise.all([client.close(), served.closed]);
  });
  test.each<[string, string, unknown, string]>([
    ["accept", "a subprotocol", "chat", "accept() takes options, { subprotocol, headers, extensions }, not a string"],
    ["accept", "protocol:", { protocol: "a" }, "accept() has no option protocol; did you mean subprotocol?"],
    ["reject", "a status", 404, "reject() takes options, { status, headers, body, streamed }, not 404"],
    ["reject", "statusCode:", { statusCode: 404 }, "reject() has no option statusCode; did you mean status?"],
  ])("%s() of a request refuses %s, and the client gets 500", async (name, _, given, message) => {
    const [here, there] = pipe();
    const opening = connect(here).catch((error: unknown) => error);
    const request = await accept(there);
    await expect((request[name as "accept"] as Loose)(given)).rejects.toEqual(new TypeError(message));
    expect(await opening).toMatchObject({ rejection: { status: 500 } });
  });
});

describe("a session's methods", () => {
  const call = async (name: string, given: unknown[]): Promise<unknown> => {
    const session = await connect(pipe()[0], { handshake: "none" });
    return (session as unknown as Record<string, Loose>)[name]!(...given);
  };
  refuses("receive()", "rejects", (...given: unknown[]) => call("receive", given), [
    ["timeout:", [{ timeout: 1 }], "TypeError: receive() has no option timeout; it has signal"],
  ]);
  refuses("ping()", "rejects", (...given: unknown[]) => call("ping", given), [
    ["a payload", ["x"], "TypeError: ping() takes options, { signal }, not a string"],
  ]);
  refuses("send()", "rejects", (...given: unknown[]) => call("send", given), [
    ["sgnal:", ["x", { sgnal: 1 }], "TypeError: send() has no option sgnal; did you mean signal?"],
    ["null", ["x", null], "TypeError: send() takes options, { compress, handOver, signal }, not null"],
  ]);
  refuses("createMessageStream()", "rejects", (...given: unknown[]) => call("createMessageStream", given), [
    [
      "compres:",
      ["text", { compres: true }],
      "TypeError: createMessageStream() has no option compres; did you mean compress?",
    ],
  ]);
});

describe("what is given with each message is checked, and what is right sends it", () => {
  const peerSend = async (...given: unknown[]): Promise<unknown> => {
    const server = new WebSocketServer();
    const [here, there] = pipe();
    const opened = new Promise<Peer>((resolve) => server.on("connection", resolve));
    server.handleTransport(there);
    await connect(here);
    const peer = await opened;
    return loose(peer.send.bind(peer))(...given);
  };
  const sendData = (...given: unknown[]): unknown => {
    const connection = new WSConnection("client", { handshake: "none" });
    return loose(connection.sendData.bind(connection))("x", true, ...given);
  };
  refuses("sendData()", "throws", sendData, [
    ["compres:", [{ compres: true }], "TypeError: sendData() has no option compres; did you mean compress?"],
    ["compress: 1", [{ compress: 1 }], "TypeError: sendData(): compress must be a boolean, not 1"],
    ["null", [null], "TypeError: sendData() takes options, { compress, handOver }, not null"],
    [
      "a callback",
      [ignore],
      "TypeError: sendData() takes options, { compress, handOver }, not an instance of Function",
    ],
    [
      "constructor: true",
      [{ constructor: true }],
      "TypeError: sendData() has no option constructor; it has compress, handOver",
    ],
  ]);
  test("options that one call takes are still checked by another", async () => {
    const options = { binary: true };
    await peerSend("x", options);
    expect(() => sendData(options)).toThrow("sendData() has no option binary");
  });
  refuses("send() of a peer", "rejects", peerSend, [
    ["binari:", ["x", { binari: true }], "TypeError: send() has no option binari; did you mean binary?"],
    ["binary: 1", ["x", { binary: 1 }], "TypeError: send(): binary must be a boolean, not 1"],
    ["opcode:", ["x", { opcode: 1 }], "TypeError: send() has no option opcode; it has compress, binary, fin, mask"],
    ["true", ["x", true], "TypeError: send() takes options, { compress, binary, fin, mask }, not true"],
  ]);
  const socketSend = async (...given: unknown[]): Promise<unknown> => {
    const server = webSocketServer();
    new server.WebSocket("ws://a/");
    const socket = await (await server.request()).accept();
    return loose(socket.send.bind(socket))(...given);
  };
  refuses("send() of a test's server", "rejects", socketSend, [
    ["finl:", ["x", { finl: true }], "TypeError: send() has no option finl; did you mean final?"],
  ]);
  test("send() of a peer takes each option of ws", async () => {
    for (const options of [{ compress: true, binary: true, fin: true, mask: false }, { fin: undefined }, {}, null]) {
      await peerSend("x", options);
    }
  });
});

describe("websocket-over/server", () => {
  const where = "new WebSocketServer()";
  const instead = "give its serve() the transports of listen() or upgrades() of websocket-over/node";
  refuses(where, "throws", made(WebSocketServer), [
    ["{ port }", [{ port: 0 }], `TypeError: ${where} has no option port; ${instead}`],
    ["{ host }", [{ host: "localhost" }], `TypeError: ${where} has no option host; ${instead}`],
    ["{ server }", [{ server: http }], `TypeError: ${where} has no option server; ${instead}`],
    ["a server", [http], `TypeError: ${where} takes options, not an instance of Server; ${instead}`],
    [
      "{ perMessageDeflate: true }",
      [{ perMessageDeflate: true }],
      `TypeError: ${where} has no option perMessageDeflate; use extensions: [permessageDeflate()], of websocket-over/deflate`,
    ],
    [
      "{ perMessageDeflate: { … } }",
      [{ perMessageDeflate: { threshold: 1024 } }],
      `TypeError: ${where} has no option perMessageDeflate; use extensions: [permessageDeflate()], of websocket-over/deflate`,
    ],
    ["origin: for origins:", [{ origin: "any" }], `TypeError: ${where} has no option origin; did you mean origins?`],
    [
      "closeTimeout: for closeTimeoutMs:",
      [{ closeTimeout: 1 }],
      `TypeError: ${where} has no option closeTimeout; did you mean closeTimeoutMs?`,
    ],
    ["maxPayload: text", [{ maxPayload: "1" }], `TypeError: ${where}: maxPayload must be a number, not a string`],
    [
      "maxPayload: -1",
      [{ maxPayload: -1 }],
      "RangeError: maxPayload must be a whole number of at least 0, or Infinity; it is -1",
    ],
    ["extensions: permessageDeflate()", [{ extensions: permessageDeflate() }], `TypeError: ${LIST}`],
    ["extensions: [permessageDeflate]", [{ extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
  ]);
  test("new WebSocketServer() refuses a function", async () => {
    const said = await complaint(loose(made(WebSocketServer)), [ignore]);
    expect(said).toMatch(/^throws TypeError: new WebSocketServer\(\) takes options, .*, not an instance of Function$/);
  });
  test("connect() lists its options if none is like the name", async () => {
    const said = await complaint(loose(connect), [near(), { perMessageDeflate: true }]);
    expect(said).toMatch(/^rejects TypeError: connect\(\) has no option perMessageDeflate; it has /);
  });
  test("new WebSocketServer() accepts options of ws that have no effect here", () => {
    expect(new WebSocketServer({ noServer: true, perMessageDeflate: false }).options.noServer).toBe(true);
  });
  test.each([
    ["a server", new WebSocketServer()],
    ["an adapter", crosswsAdapter()],
  ])("handleTransport() and serve() of %s", async (_, server) => {
    const handle = loose(server.handleTransport.bind(server));
    expect(await complaint(handle, [url])).toBe(`throws TypeError: handleTransport() ${TAKES} a string; ${DIAL}`);
    expect(await complaint(handle, [near(), { req: {} }])).toBe(
      "throws TypeError: handleTransport() has no option req; did you mean request?",
    );
    expect(await complaint(loose(server.serve.bind(server)), [near()])).toBe(
      `rejects ${source("an instance of Object", "put it into an array")}`,
    );
  });
  const source = (shown: string, more: string): string =>
    `TypeError: serve() takes transports, as an array or another iterable, not ${shown}; ${more}`;
  refuses("crosswsAdapter()", "throws", crosswsAdapter, [
    ["hook: for hooks:", [{ hook: {} }], "TypeError: crosswsAdapter() has no option hook; did you mean hooks?"],
    [
      "origin: for origins: of the server",
      [{ serverOptions: { origin: "any" } }],
      "TypeError: crosswsAdapter(): serverOptions has no option origin; did you mean origins?",
    ],
    ["idleTimeout: -1", [{ idleTimeout: -1 }], "RangeError: idleTimeout must be at least 0 seconds, not -1"],
    [
      "extensions: [permessageDeflate]",
      [{ serverOptions: { extensions: [permessageDeflate] } }],
      `TypeError: ${CALLED}`,
    ],
  ]);
});

describe("websocket-over/websocket", () => {
  const where = "createWebSocketClass()";
  refuses(where, "throws", createWebSocketClass, [
    [
      "a transport",
      [near()],
      `TypeError: ${where} takes dial, a function, not an instance of Object; use webSocketOver()`,
    ],
    ["a URL", [url], `TypeError: ${where} takes dial, a function, not a string`],
    [
      "keepAlive: for keepalive:",
      [near, { keepAlive: 1 }],
      `TypeError: ${where} has no option keepAlive; did you mean keepalive?`,
    ],
    [
      "a limit that is not a whole number",
      [near, { limits: { maxFragments: 1.5 } }],
      "RangeError: limits.maxFragments must be a whole number of at least 0, or Infinity; it is 1.5",
    ],
    ["extensions: permessageDeflate()", [near, { extensions: permessageDeflate() }], `TypeError: ${LIST}`],
    ["extensions: [permessageDeflate]", [near, { extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
    [
      "a header of the handshake",
      [near, { headers: { host: "a" } }],
      "TypeError: the handshake sets host: leave it out",
    ],
  ]);
  refuses("webSocketOver()", "throws", webSocketOver, [
    ["a URL", [url], `TypeError: webSocketOver() ${TAKES} a string; ${DIAL}`],
    ["a function", [near], `TypeError: webSocketOver() ${TAKES} an instance of Function`],
    [
      "protocol: for protocols:",
      [near(), { protocol: "a" }],
      "TypeError: webSocketOver() has no option protocol; did you mean protocols?",
    ],
    ["extensions: [permessageDeflate]", [near(), { extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
  ]);
  test.each([(far: ByteTransport) => far, (far: ByteTransport) => Promise.resolve(far)])(
    "webSocketOver() with wrong options ends the given transport, %s",
    async (give) => {
      const [here, there] = pipe();
      expect(() => webSocketOver(give(here), { limits: { maxFragments: -1 } })).toThrow(RangeError);
      await there.closed;
    },
  );
  refuses("webSocketPair()", "throws", webSocketPair, [
    [
      "protocols: for protocol:",
      [{ protocols: "a" }],
      "TypeError: webSocketPair() has no option protocols; did you mean protocol?",
    ],
  ]);
  test("new WebSocket(url, protocols, init) ignores other members of init, because ws has many options", () => {
    const WebSocket = createWebSocketClass(near);
    expect(new WebSocket(url, [], { perMessageDeflate: false } as object).readyState).toBe(0);
  });
});

describe("websocket-over/deflate", () => {
  const where = "permessageDeflate()";
  refuses(where, "throws", permessageDeflate, [
    [
      "a name that there is not",
      [{ serverMaxWindowBit: 9 }],
      `TypeError: ${where} has no option serverMaxWindowBit; did you mean serverMaxWindowBits?`,
    ],
    ["level: 10", [{ level: 10 }], "RangeError: level must be a whole number from 0 to 9; it is 10"],
    ["level: text", [{ level: "9" }], `TypeError: ${where}: level must be a number, not a string`],
    [
      "a number for a boolean",
      [{ serverNoContextTakeover: 1 }],
      `TypeError: ${where}: serverNoContextTakeover must be a boolean, not 1`,
    ],
    [
      "an invalid engine",
      [{ engine: {} }],
      `TypeError: ${where}: engine must be { createDeflater, createInflater }, not an instance of Object`,
    ],
  ]);
});

describe("the transports", () => {
  refuses("pipe()", "throws", pipe, [
    ["a number", [1024], "TypeError: pipe() takes options, { highWaterMark, handOver }, not 1024"],
    [
      "another spelling",
      [{ highWatermark: 1 }],
      "TypeError: pipe() has no option highWatermark; did you mean highWaterMark?",
    ],
    ["another type", [{ highWaterMark: "1" }], "TypeError: pipe(): highWaterMark must be a number, not a string"],
    ["no number of bytes", [{ highWaterMark: NaN }], "RangeError: highWaterMark must be a number of bytes, not NaN"],
  ]);
  const isSocket = "takes a socket, { pause, resume, write, end, destroy }, not";
  refuses("socketTransport()", "throws", socketTransport, [
    ["a URL", [url], `TypeError: socketTransport() ${isSocket} a string; to dial a URL use dial()`],
    ["a server", [http], `TypeError: socketTransport() ${isSocket} an instance of Server; use listen() or upgrades()`],
  ]);
  const isServer = "takes a Node server, { on, off }, not";
  refuses("dial()", "rejects", dialServer, [
    [
      "a number of a timeout as text",
      [url, { timeoutMs: "1" }],
      "TypeError: dial(): timeoutMs must be a number, not a string",
    ],
    ["timeoutMs: 0", [url, { timeoutMs: 0 }], "RangeError: timeoutMs must be more than 0, not 0"],
    ["TLS: for tls:", [url, { TLS: {} }], "TypeError: dial() has no option TLS; did you mean tls?"],
    ["proxy: true", [url, { proxy: true }], "TypeError: dial(): proxy must be a string or an object, not true"],
    [
      "another scheme",
      ["ftp://user:s3cret@localhost/"],
      "TypeError: dial() takes the URL of a server, ws:// or wss:// or http:// or https://, not one with the scheme ftp://",
    ],
  ]);
  const serverOfTCP = "TypeError: listen() takes a server of TCP or TLS, not an instance of";
  refuses("listen()", "throws", listen, [
    ["a port", [8080], `TypeError: listen() ${isServer} 8080; make one with createServer()`],
    ["a socket", [socket], `TypeError: listen() ${isServer} an instance of Socket; use socketTransport()`],
    ["a server of HTTP/1.1", [http], `${serverOfTCP} Server; use upgrades()`],
    ["a server of HTTPS", [createHTTPSServer()], `${serverOfTCP} Server; use upgrades()`],
    [
      "a server of HTTP/2",
      [createHTTP2Server()],
      `${serverOfTCP} Http2Server; use extendedConnects() of websocket-over/http2`,
    ],
    [
      "a secure server of HTTP/2",
      [createSecureServer({ allowHTTP1: true })],
      `${serverOfTCP} Http2SecureServer; use extendedConnects() of websocket-over/http2`,
    ],
    [
      "another name",
      [createServer(), { maxWaitings: 1 }],
      "TypeError: listen() has no option maxWaitings; did you mean maxWaiting?",
    ],
    ["maxWaiting: -1", [createServer(), { maxWaiting: -1 }], "RangeError: maxWaiting must be at least 0, not -1"],
  ]);
  const serverOf1 = "TypeError: upgrades() takes an HTTP/1.1 server, not an instance of Server;";
  const serverOf2 =
    "TypeError: upgrades() takes an HTTP/1.1 server, not an instance of Http2Server; " +
    "use extendedConnects() of websocket-over/http2";
  refuses("upgrades()", "throws", upgrades, [
    ["a port", [8080], `TypeError: upgrades() ${isServer} 8080; make one with createServer()`],
    ["a server of TCP", [createServer()], `${serverOf1} use listen(), which reads the request itself`],
    ["a server of TLS", [createTLSServer()], `${serverOf1} use listen(), which reads the request itself`],
    ["a server of HTTP/2", [createHTTP2Server()], serverOf2],
    [
      "a secure server of HTTP/2 alone",
      [createSecureServer()],
      "TypeError: upgrades() takes an HTTP/1.1 server, not an instance of Http2SecureServer; " +
        "make it with allowHTTP1, or use extendedConnects() of websocket-over/http2",
    ],
    [
      "accept: for accepts:",
      [http, { accept: ignore }],
      "TypeError: upgrades() has no option accept; did you mean accepts?",
    ],
  ]);
  refuses("upgradeTransport()", "throws", upgradeTransport, [
    [
      "the socket alone",
      [socket],
      "TypeError: upgradeTransport() takes a request, { method, url, rawHeaders }, not an instance of Socket",
    ],
  ]);
  refuses("dataChannelTransport()", "throws", dataChannelTransport, [
    [
      "a peer connection",
      [{ createDataChannel: ignore }],
      "TypeError: dataChannelTransport() takes a channel, { ordered, readyState, send }, not an instance of Object; " +
        "make one with createDataChannel(), or use incomingChannels()",
    ],
    [
      "another name",
      [channel, { windowByte: 1 }],
      "TypeError: dataChannelTransport() has no option windowByte; did you mean windowBytes?",
    ],
  ]);
  refuses("incomingChannels()", "throws", incomingChannels, [
    [
      "a channel",
      [channel],
      "TypeError: incomingChannels() takes a peer connection, { signalingState, addEventListener }, " +
        "not an instance of Object; use dataChannelTransport()",
    ],
  ]);
  const isPort = "TypeError: messagePortTransport() takes a port, { postMessage, start, close }, not";
  refuses("messagePortTransport()", "throws", messagePortTransport, [
    ["a MessageChannel", [new MessageChannel()], `${isPort} an instance of MessageChannel; give it port1 or port2`],
    [
      "a worker",
      [{ postMessage: ignore }],
      `${isPort} an instance of Object; give it a port of a MessageChannel, and the other one to the other side`,
    ],
  ]);
  refuses("webSocketTransport()", "throws", webSocketTransport, [
    [
      "a URL",
      [url],
      "TypeError: webSocketTransport() takes a WebSocket, { binaryType, readyState, bufferedAmount }, not a string; " +
        "make one with new WebSocket(url)",
    ],
  ]);
  const isSession = "takes a session, { ready, closed, createBidirectionalStream }, not a string";
  refuses("dial() of a WebTransport session", "rejects", dial, [
    ["a URL", [url], `TypeError: dial() ${isSession}; make one with new WebTransport(url)`],
    ["another name", [session, { timeout: 1 }], "TypeError: dial() has no option timeout; it has signal"],
  ]);
  refuses("incoming()", "throws", incoming, [
    ["a URL", [url], `TypeError: incoming() ${isSession}; make one with new WebTransport(url)`],
  ]);
});

describe("a WebRTC server in one request", () => {
  const isURL = "TypeError: webRTCDial() takes the URL of an endpoint, http: or https:,";
  refuses("webRTCDial()", "throws", webRTCDial, [
    ["no URL", [], `${isURL} not undefined`],
    ["a text that is not a URL", ["rtc"], `${isURL} and this is no URL`],
    ["a URL of a WebSocket", [url], `${isURL} not ws:`],
    [
      "header: for headers:",
      ["https://a.example/", { header: {} }],
      "TypeError: webRTCDial() has no option header; did you mean headers?",
    ],
    [
      "a time below 0",
      ["https://a.example/", { idleMs: -1 }],
      "RangeError: idleMs is a time of 0 milliseconds or more, not -1",
    ],
    [
      "nothing that makes a connection",
      ["https://a.example/"],
      "TypeError: webRTCDial() needs makePeerConnection here: there is no RTCPeerConnection",
    ],
  ]);
  refuses("webRTCEndpoint()", "throws", webRTCEndpoint, [
    [
      "nothing that makes a connection",
      [{}],
      "TypeError: webRTCEndpoint(): makePeerConnection must be a function, not undefined",
    ],
    [
      "one origin as a text",
      [{ makePeerConnection: ignore, origins: "https://a.example" }],
      'TypeError: origins is "same", "any" or a list, not another string',
    ],
    [
      "a count below 0",
      [{ makePeerConnection: ignore, maxSessions: -1 }],
      "RangeError: maxSessions is a count, not -1",
    ],
  ]);
  refuses("answerWebRTC()", "rejects", answerWebRTC, [
    [
      "a description",
      [{ type: "offer" }, {}],
      "TypeError: answerWebRTC() takes an offer, a string, not an instance of Object",
    ],
    [
      "nothing that makes a connection",
      ["v=0", {}],
      "TypeError: answerWebRTC(): makePeerConnection must be a function, not undefined",
    ],
  ]);
});

describe("websocket-over/rendezvous", () => {
  const signals = (): object => ({ readable: new ReadableStream(), writable: new WritableStream() });
  refuses("meet()", "rejects", meet, [
    [
      "a name",
      ["my-room"],
      "TypeError: meet() takes signals, { readable, writable }, not a string; use broadcastChannelSignals()",
    ],
    [
      "a socket",
      [{ send: ignore }],
      "TypeError: meet() takes signals, { readable, writable }, not an instance of Object; use webSocketSignals()",
    ],
    [
      "secrets: for secret:",
      [signals(), { secrets: "" }],
      "TypeError: meet() has no option secrets; did you mean secret?",
    ],
    [
      "nothing that makes a connection",
      [signals()],
      "TypeError: meet() needs makePeerConnection here: there is no RTCPeerConnection",
    ],
    [
      "an invalid time",
      [signals(), { makePeerConnection: ignore, connectMs: NaN }],
      "RangeError: connectMs is a time of 0 milliseconds or more, not NaN",
    ],
  ]);
  refuses("meetings()", "throws", meetings, [
    ["no peers", [signals(), { maxPeers: 0 }], "RangeError: maxPeers is a count of 1 or more, not 0"],
  ]);
  refuses("invite()", "rejects", invite, [
    ["another name", [{ expireMs: 1 }], "TypeError: invite() has no option expireMs; did you mean expiresMs?"],
  ]);
  refuses("answer()", "rejects", answer, [
    ["an invitation", [{ code: "" }], "TypeError: answer() takes a code, a string, not an instance of Object"],
    ["another text", ["text"], "RendezvousError: this is no code"],
  ]);
  refuses("broadcastChannelSignals()", "throws", broadcastChannelSignals, [
    ["no name", [], "TypeError: broadcastChannelSignals() takes a name, a string, not undefined"],
  ]);
});

describe("a server that emits what is listened for", () => {
  test.each([http, createHTTPSServer(), createSecureServer({ allowHTTP1: true })])(
    "is one for upgrades(): %#",
    (server) => {
      expect(() => upgrades(server)).not.toThrow();
    },
  );
  test.each([createHTTP2Server(), createSecureServer(), createSecureServer({ allowHTTP1: true })])(
    "is one for extendedConnects(): %#",
    (server) => {
      expect(() => extendedConnects(server)).not.toThrow();
    },
  );
});

test("serve() takes transports from a stream of objects", async () => {
  const [here, there] = pipe();
  const source = new PassThrough({ objectMode: true });
  source.end(there);
  const served = serve(source as AsyncIterable<ByteTransport>, async (request) => void (await request.accept()));
  await (await connect(here)).close();
  await served;
});

describe("websocket-over/http2", () => {
  const serverOf2 = "TypeError: extendedConnects() takes an HTTP/2 server, not an instance of Server; use";
  refuses("extendedConnects()", "throws", extendedConnects, [
    ["a server of HTTP/1.1", [http], `${serverOf2} upgrades() of websocket-over/node`],
    ["a server of TCP", [createServer()], `${serverOf2} listen() of websocket-over/node`],
    [
      "a socket",
      [socket],
      "TypeError: extendedConnects() takes an HTTP/2 server, not an instance of Socket; " +
        "use socketTransport() of websocket-over/node",
    ],
    [
      "a port",
      [8080],
      "TypeError: extendedConnects() takes an HTTP/2 server, { on, off, listenerCount }, not 8080; " +
        "make one with http2.createServer()",
    ],
    [
      "accept: for accepts:",
      [createHTTP2Server(), { accept: ignore }],
      "TypeError: extendedConnects() has no option accept; did you mean accepts?",
    ],
  ]);
  refuses("http2Dial()", "throws", http2Dial, [
    [
      "a URL",
      [url],
      "TypeError: http2Dial() takes an HTTP/2 client session, { request, ping }, not a string; make one with http2.connect()",
    ],
  ]);
});

describe("websocket-over/resume", () => {
  refuses("resumable()", "throws", resumable, [
    ["a transport", [near()], "TypeError: resumable() takes a dial, a function, not an instance of Object"],
    ["a URL for options", [near, url], `TypeError: resumable() takes options, { ${RESUME_OPTIONS} }, not a string`],
    ["keepMS: for keepMs:", [near, { keepMS: 1 }], "TypeError: resumable() has no option keepMS; did you mean keepMs?"],
    ["too small a buffer", [near, { bufferBytes: 1 }], "RangeError: bufferBytes is at least 1024, not 1"],
    ["a wait that is not a number", [near, { keepMs: NaN }], "RangeError: keepMs is at least 0, not NaN"],
    ["no time to answer", [near, { probeMs: 0 }], "RangeError: probeMs is at least 1, not 0"],
  ]);
  refuses("resumed()", "throws", resumed, [
    [
      "a transport",
      [near()],
      "TypeError: resumed() takes transports, as an array or another iterable, not an instance of Object; " +
        "put it into an array",
    ],
    [
      "no options",
      [[], null],
      `TypeError: resumed() takes options, { ${RESUME_OPTIONS}, maxSessions, maxHeldBytes }, not null`,
    ],
    ["no sessions", [[], { maxSessions: 0 }], "RangeError: maxSessions is at least 1, not 0"],
  ]);
  refuses("race()", "rejects", race, [
    ["a function", [near], "TypeError: race() takes an array of dials, not an instance of Function"],
    ["no functions", [[]], "TypeError: race() takes an array of dials, not an instance of Array"],
    ["transports", [[near()]], "TypeError: race() takes dials, each a function, not an instance of Object"],
    ["a negative head start", [[near], { headStartMs: -1 }], "RangeError: headStartMs is at least 0, not -1"],
  ]);
});

describe("websocket-over/inspect", () => {
  const isConnection = "takes a WSConnection, { receiveBytes, bytesToSend }, not an instance of Object";
  refuses("tap()", "throws", inspect.tap, [
    [
      "a transport",
      [near()],
      `TypeError: tap() ${isConnection}; for a transport use tapTransport(); for a session use the connection that onConnection gets`,
    ],
    [
      "header: for headers: of redact",
      [connection(), { redact: { header: [] } }],
      "TypeError: tap(): redact has no option header; did you mean headers?",
    ],
  ]);
  refuses("tapTransport()", "throws", inspect.tapTransport, [
    ["a URL", [url, "client"], `TypeError: tapTransport() ${TAKES} a string; ${DIAL}`],
    ["no role", [near()], 'TypeError: role must be "client" or "server", not undefined'],
  ]);
  refuses("decode()", "throws", inspect.decode, [
    [
      "bytes",
      [new Uint8Array(1)],
      "TypeError: decode() takes { client, server }, the bytes of each end, not an instance of Uint8Array",
    ],
    ["extensions: [permessageDeflate]", [{}, { extensions: [permessageDeflate] }], `TypeError: ${CALLED}`],
  ]);
  refuses("toHAR()", "throws", inspect.toHAR, [
    [
      "a connection",
      [connection()],
      "TypeError: toHAR() takes a capture, { role, records }, not an instance of WSConnection; use what tap() returns",
    ],
    [
      "records",
      [[{ kind: "frame" }]],
      "TypeError: toHAR() takes a capture, { role, records }, not an instance of Object; put the records into a capture",
    ],
  ]);
  refuses("toPcapng()", "throws", inspect.toPcapng, [
    ["port: 0", [[], { port: 0 }], "RangeError: port must be 1 to 65535, not 0"],
    ["another name", [[], { ports: 1 }], "TypeError: toPcapng() has no option ports; did you mean port?"],
  ]);
  refuses("redactURL()", "throws", inspect.redactURL, [
    ["a URL object", [new URL(url)], "TypeError: redactURL() takes a string, not an instance of URL; give it its href"],
  ]);
  refuses("replay()", "throws", inspect.replay, [
    ["text", ["{}"], "TypeError: replay() takes a vector, as JSON.parse() returns it"],
  ]);
  refuses("recordVector()", "throws", inspect.recordVector, [
    [
      "another name",
      [connection(), {}, { maxByte: 1 }],
      "TypeError: recordVector() has no option maxByte; did you mean maxBytes?",
    ],
  ]);
});

describe("websocket-over/testing and websocket-over/playwright", () => {
  refuses("webSocketServer()", "throws", webSocketServer, [
    [
      "a port",
      [{ port: 8080 }],
      "TypeError: webSocketServer() has no option port; it has handshakeTimeoutMs, messageTimeoutMs, closeTimeoutMs, " +
        "keepalive, clock, extensions, limits, masking, random",
    ],
    ["extensions: permessageDeflate()", [{ extensions: permessageDeflate() }], `TypeError: ${LIST}`],
  ]);
  refuses("webSocketServer() of Playwright", "throws", checkServerOptions, [
    [
      "another name",
      [{ match: "/chat", modes: "wire" }],
      "TypeError: webSocketServer() has no option modes; did you mean mode?",
    ],
  ]);
  refuses("request()", "rejects", (options: never) => new TestServer().request(options), [
    [
      "timeoutMs: for timeout:",
      [{ timeoutMs: 1 }],
      "TypeError: request() has no option timeoutMs; did you mean timeout?",
    ],
  ]);
});

/** What programs do not make: errors, and what the library hands out; and a clock that takes nothing. */
const NOT_GIVEN = ["Emitter", "ManualClock", "Peer", "WebSocketSession", "corruptData", /Error$/];

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith("class");
}

describe("every export", async () => {
  const root = resolve(import.meta.dirname, "../..");
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, { default: string }>;
  };
  // Those of Playwright are fixtures, which only its runner calls.
  const sources = Object.entries(exports).filter(([entry]) => !["./playwright", "./package.json"].includes(entry));
  const functions: [entry: string, name: string, Loose][] = [];
  for (const [entry, { default: built }] of sources) {
    const names = (await import(join(root, built.replace("dist", "src").replace(/js$/, "ts")))) as object;
    for (const [name, value] of Object.entries(names) as [string, unknown][]) {
      if (typeof value !== "function" || NOT_GIVEN.some((known) => name === known || name.match(known))) continue;
      functions.push([entry, name, isClass(value) ? made(value) : loose(value)]);
    }
  }
  test.each(functions)("of %s, %s() refuses a wrong first argument, and names the function", async (_, name, call) => {
    for (const wrong of [5, null, "text", Symbol("s")]) {
      const said = await complaint(call, [wrong]);
      // Where text is right.
      if (typeof wrong === "string" && (said === "nothing" || said.includes("RendezvousError"))) continue;
      expect(said).toMatch(new RegExp(`^(throws|rejects) TypeError: (new )?${name}\\(\\) `));
    }
  });
  /** The arguments before the options. */
  const first: Record<string, () => unknown[]> = {
    WSConnection: () => ["server"],
    accept: () => [near()],
    answerOffer: () => [{ subprotocols: [], extensions: [] }],
    connect: () => [near()],
    createWebSocketClass: () => [near],
    createWebSocketStreamClass: () => [near],
    decode: () => [{}],
    extendedConnects: () => [createHTTP2Server()],
    listen: () => [createServer()],
    messagePortTransport: () => [new MessageChannel().port1],
    recordVector: () => [connection(), {}],
    replay: () => [inspect.recordVector(connection()).vector()],
    serve: () => [[], ignore],
    tap: () => [connection()],
    tapTransport: () => [near(), "client"],
    toHAR: () => [[]],
    toPcapng: () => [[]],
    upgrades: () => [http],
    webSocketOver: () => [near()],
    webSocketTransport: () => [webSocketPair()[0]],
  };
  const withOptions = [
    ...Object.keys(first),
    "Decoder",
    "MemoryServer",
    "TestServer",
    "WebSocketServer",
    "crosswsAdapter",
  ];
  withOptions.push("offerHeaders", "permessageDeflate", "pipe", "webSocketPair", "webSocketServer");
  test.each(withOptions)("%s() treats an undefined option as absent", async (name) => {
    const [, , call] = functions.find(([, known]) => known === name)!;
    const before = first[name] ?? (() => []);
    const [, names] = /takes options, \{ (.*) \}/.exec(await complaint(call, [...before(), 5]))!;
    const options = Object.fromEntries(names!.split(", ").map((option) => [option, undefined]));
    expect(await complaint(call, [...before(), { ...options, whatever: undefined }])).toBe("nothing");
  });
  test("an undefined option of a server overrides nothing", async () => {
    const server = new WebSocketServer({ maxPayload: 3, limits: { maxMessageBytes: undefined } });
    const { server: adapted } = crosswsAdapter({ idleTimeout: 60, serverOptions: { keepalive: undefined } });
    expect(adapted.options.keepalive).toEqual({ intervalMs: 30_000, timeoutMs: 30_000 });
    const [here, there] = pipe();
    server.on("connection", (peer) => peer.on("error", ignore));
    server.handleTransport(there);
    const client = await connect(here);
    await client.send("four");
    expect(await client.closed).toMatchObject({ closeCode: 1009 });
  });
  test("options are read at the call: later changes of the object have no effect", async () => {
    const options: { limits?: object; origin?: string } = {};
    const seen: unknown[] = [];
    const WebSocket = createWebSocketClass(() => {
      const [here, there] = pipe();
      void accept(there, { origins: "any" }).then((request) => seen.push(request.origin));
      return here;
    }, options);
    options.limits = { maxFragments: -1 };
    options.origin = "https://late.example";
    new WebSocket("ws://a/");
    await expect.poll(() => seen).toEqual([undefined]);
  });
  test("there are enough of them", () => {
    expect(functions.length).toBeGreaterThan(40);
  });
});
