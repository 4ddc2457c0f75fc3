/** WebRTC to a server in one request: a client and a server of node-datachannel, with Node's own HTTP between them. */
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { RTCPeerConnection as Polyfill } from "node-datachannel/polyfill";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect, serve } from "../../src/stream/index.ts";
import { requestListener } from "../../src/transports/node.ts";
import { answerWebRTC, webRTCDial, webRTCEndpoint, type EndpointOptions } from "../../src/transports/webrtc.ts";
import { fakeDescription } from "../support/fakePeerConnection.ts";

const makePeerConnection = (): RTCPeerConnection => new Polyfill() as unknown as RTCPeerConnection;
const SDP = { "content-type": "application/sdp" };

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/rtc`;
}

/** An endpoint whose WebSockets echo each message, after the request's target. */
async function endpointAt(options: Partial<EndpointOptions> = {}) {
  const endpoint = webRTCEndpoint({ makePeerConnection, ...options });
  onTestFinished(() => endpoint.close());
  void serve(endpoint.incoming, async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(`${request.target}: ${String(message)}`);
  });
  const url = await listening(createServer(requestListener((request) => endpoint.handle(request))));
  return { endpoint, url };
}

/** An offer with candidates, of a connection that never gets an answer. */
async function offerOf(): Promise<string> {
  const connection = makePeerConnection();
  onTestFinished(() => connection.close());
  connection.createDataChannel("test");
  await connection.setLocalDescription(await connection.createOffer());
  await expect.poll(() => connection.iceGatheringState).toBe("complete");
  return connection.localDescription!.sdp;
}

describe("webRTCDial and webRTCEndpoint", () => {
  test("open many WebSockets over one connection, which ends at both ends when the dial is closed", async () => {
    const { endpoint, url } = await endpointAt();
    const dial = webRTCDial(url, { makePeerConnection });
    const sessions = await Promise.all(
      ["/a", "/b", "/c"].map(async (path) => connect(await dial(), { url: `ws://peer${path}` })),
    );
    for (const [i, session] of sessions.entries()) {
      await session.send("hello");
      expect(await session.receive()).toBe(`/${"abc"[i]!}: hello`);
    }
    expect(endpoint.sessions).toBe(1);
    dial.close();
    for (const session of sessions) await expect(session.receive()).rejects.toMatchObject({ closeCode: 1006 });
    await expect.poll(() => endpoint.sessions).toBe(0);
  });

  test("connect again after the server's connection has ended", async () => {
    const connections: RTCPeerConnection[] = [];
    const { endpoint, url } = await endpointAt({
      makePeerConnection: () => {
        const connection = makePeerConnection();
        connections.push(connection);
        return connection;
      },
    });
    const dial = webRTCDial(url, { makePeerConnection });
    onTestFinished(() => dial.close());
    const first = await connect(await dial());
    connections[0]!.close();
    await expect(first.receive()).rejects.toMatchObject({ closeCode: 1006 });
    await expect.poll(() => endpoint.sessions).toBe(0);
    const second = await connect(await dial());
    await second.send("hello");
    expect(await second.receive()).toBe("/: hello");
    expect(connections.length).toBeGreaterThan(1); // a dial may need several
  });
});

describe("webRTCEndpoint", () => {
  test.each<[string, RequestInit, number]>([
    ["GET", {}, 404],
    ["PUT", { method: "PUT", body: "" }, 404],
    ["a POST of JSON", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }, 415],
    ["a POST of something else as a description", { method: "POST", headers: SDP, body: "hello" }, 400],
    ["a POST that is too long", { method: "POST", headers: SDP, body: "v=0".padEnd(70_000) }, 413],
    [
      "an offer of media",
      { method: "POST", headers: SDP, body: fakeDescription("offer").replace("application", "audio") },
      422,
    ],
    [
      "an offer without ICE",
      { method: "POST", headers: SDP, body: fakeDescription("offer").replace(/a=ice.*\r\n/g, "") },
      422,
    ],
    [
      "a page of another origin",
      { method: "POST", headers: { ...SDP, origin: "https://evil.example" }, body: fakeDescription("offer") },
      403,
    ],
    ["its preflight", { method: "OPTIONS", headers: { origin: "https://evil.example" } }, 403],
  ])("answers %s without a session", async (_, init, status) => {
    const { endpoint, url } = await endpointAt();
    const response = await fetch(url, init);
    expect(response.status).toBe(status);
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
    expect(endpoint.sessions).toBe(0);
  });

  test("lets pages of the listed origins read what they need", async () => {
    const { url } = await endpointAt({ origins: ["https://app.example"] });
    const origin = "https://app.example";
    const preflight = await fetch(url, { method: "OPTIONS", headers: { origin } });
    expect([preflight.status, preflight.headers.get("accept-post")]).toEqual([204, "application/sdp"]);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("If-Match");
    const posted = await fetch(url, { method: "POST", headers: { ...SDP, origin }, body: await offerOf() });
    expect(posted.headers.get("access-control-allow-origin")).toBe(origin);
    expect(posted.headers.get("access-control-expose-headers")).toContain("Location, ETag");
  });

  test("asks for If-Match, and knows an old one; libdatachannel can't restart, and keeps its session", async () => {
    const { endpoint, url } = await endpointAt();
    const posted = await fetch(url, { method: "POST", headers: SDP, body: await offerOf() });
    expect(posted.status).toBe(201);
    expect(posted.headers.get("content-type")).toBe("application/sdp");
    expect(await posted.text()).toMatch(/^a=candidate:/m);
    const location = new URL(posted.headers.get("location")!, url);
    expect(location.pathname).toMatch(/^\/rtc\/[0-9a-f]{32}$/);
    const type = { "content-type": "application/trickle-ice-sdpfrag" };
    const patch = async (headers: Record<string, string>, body = "a=candidate:1"): Promise<number> =>
      (await fetch(location, { method: "PATCH", headers, body })).status;
    expect(await patch(type)).toBe(428);
    expect(await patch({ ...type, "if-match": '"old"' })).toBe(412);
    expect(await patch({ ...type, "if-match": posted.headers.get("etag")! })).toBe(422);
    expect(await patch({ "content-type": "text/plain", "if-match": "*" })).toBe(415);
    expect(await patch({ ...type, "if-match": "*" })).toBe(422);
    const fresh = "a=ice-ufrag:newu\r\na=ice-pwd:0123456789abcdefghijklmn\r\n";
    expect(await patch({ ...type, "if-match": "*" }, fresh)).toBe(422);
    expect((await fetch(location)).status).toBe(204);
    expect(endpoint.sessions).toBe(1);
    expect((await fetch(location, { method: "DELETE" })).status).toBe(200);
    expect((await fetch(location, { method: "DELETE" })).status).toBe(404);
    expect(endpoint.sessions).toBe(0);
  });

  test("ends a session that never connects, and has no more than it may", async () => {
    const { endpoint, url } = await endpointAt({ timeoutMs: 4000, maxSessions: 1 });
    const post = async (): Promise<Response> => fetch(url, { method: "POST", headers: SDP, body: await offerOf() });
    expect((await post()).status).toBe(201);
    const refused = await post();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
    await expect.poll(() => endpoint.sessions).toBe(0);
    expect((await post()).status).toBe(201);
  });

  test("reports what makePeerConnection throws, and answers 500", async () => {
    const errors: unknown[] = [];
    const { url } = await endpointAt({
      makePeerConnection: () => {
        throw new Error("a defect");
      },
      onError: (error) => errors.push(error),
    });
    const body = fakeDescription("offer");
    expect((await fetch(url, { method: "POST", headers: SDP, body })).status).toBe(500);
    expect(errors).toEqual([new Error("a defect")]);
  });
});

test("requestListener answers 500 when the handler throws, and 400 to a request without a usable host", async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listener);
  onTestFinished(() => void process.off("warning", listener));
  const url = await listening(
    createServer(
      requestListener(() => {
        throw new Error("a defect");
      }),
    ),
  );
  expect((await fetch(url)).status).toBe(500);
  const [{ statusCode }] = (await once(get(url, { headers: { host: "a b" } }), "response")) as [IncomingMessage];
  expect(statusCode).toBe(400);
  await expect.poll(() => warnings.map(({ message }) => message)).toEqual(["a defect"]);
});

describe("answerWebRTC", () => {
  test.each(["", "hello", fakeDescription("offer").replace(/a=fingerprint.*\r\n/, "")])(
    "refuses a body that is not an offer, without a connection: %#",
    async (offer) => {
      let made = 0;
      const answered = answerWebRTC(offer, { makePeerConnection: () => (made++, makePeerConnection()) });
      await expect(answered).rejects.toMatchObject({ name: "TransportError", code: "badMessage" });
      expect(made).toBe(0);
    },
  );

  test("closes the connection with its signal, and when it does not come about", async () => {
    const stop = new AbortController();
    const offer = await offerOf();
    const [stopped, late] = await Promise.all([
      answerWebRTC(offer, { makePeerConnection, signal: stop.signal }),
      answerWebRTC(offer, { makePeerConnection, timeoutMs: 500 }),
    ]);
    await late.closed;
    stop.abort();
    await stopped.closed;
    expect(await stopped.incoming.next()).toEqual({ done: true, value: undefined });
  });
});
