/** One POST to a WebRTC server: what each answer leads to. The connections and the requests are fakes. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { webRTCDial, type DialError, type WebRTCDial, type WebRTCDialOptions } from "../../src/transports/webrtc.ts";
import { FakePeerConnection, fakeDescription } from "../support/fakePeerConnection.ts";
import { fakeTime } from "../support/fakeTime.ts";

const ENDPOINT = "https://rtc.example/rtc?token=s3cret";
const SDP = "application/sdp";
const FRAGMENT = "application/trickle-ice-sdpfrag";

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string | undefined;
}

type Reply = (asked: Asked) => Response | Promise<Response>;

/** A dial whose requests are answered in turn. */
function dialing(replies: readonly Reply[], options: WebRTCDialOptions = {}) {
  fakeTime();
  const connections: FakePeerConnection[] = [];
  const asked: Asked[] = [];
  const rest = [...replies];
  const dial: WebRTCDial = webRTCDial(ENDPOINT, {
    makePeerConnection: () => {
      const connection = new FakePeerConnection();
      connections.push(connection);
      return connection as unknown as RTCPeerConnection;
    },
    fetch: async (url, { method = "GET", headers, body, redirect }) => {
      const request = { method, url, headers: new Headers(headers), body: String(body as string | null), redirect };
      asked.push(request);
      const reply = rest.shift();
      if (reply === undefined) return new Response(null);
      return await reply(request);
    },
    ...options,
  });
  return { dial, connections, asked };
}

const created = (more: Record<string, string> = {}, body = fakeDescription("answer")): Reply => {
  const headers = new Headers({ "content-type": SDP, location: "rtc/1", etag: '"1"', ...more });
  for (const [name, value] of [...headers]) if (value === "") headers.delete(name);
  return () => new Response(body, { status: 201, headers });
};

const ended: Reply = () => new Response(null);

async function turn(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < 5; i++) await vi.advanceTimersByTimeAsync(0); // a body is read in several turns
}

describe("webRTCDial", () => {
  test("sends the offer with all candidates, takes the answer, and gives a channel when connected", async () => {
    const { dial, connections, asked } = dialing([created()], { headers: { Authorization: "Bearer t" } });
    const dialed = dial("ws://peer/chat", ["chat"]);
    await turn();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: "POST", url: ENDPOINT });
    expect(asked[0]!.headers.get("content-type")).toBe(SDP);
    expect(asked[0]!.headers.get("authorization")).toBe("Bearer t");
    expect(asked[0]!.body).toContain("a=candidate:1 1 udp");
    expect(connections[0]!.remoteDescription).toEqual({ type: "answer", sdp: fakeDescription("answer") });
    connections[0]!.become("connected");
    const { readable, encrypted } = await dialed;
    expect([readable instanceof ReadableStream, encrypted]).toEqual([true, true]);
  });

  test("shares the connection between dials, and ends it with DELETE when it has been idle", async () => {
    const { dial, connections, asked } = dialing([created()], { idleMs: 1000 });
    const dials = [dial(), dial()];
    await turn();
    connections[0]!.become("connected");
    const transports = [...(await Promise.all(dials)), await dial()];
    expect([connections.length, asked.length, connections[0]!.channels.length]).toEqual([1, 1, 3]);
    for (const transport of transports) transport.close!();
    await turn(5000);
    expect(connections[0]!.closes).toBe(1);
    expect(asked.at(-1)).toMatchObject({ method: "DELETE", url: "https://rtc.example/rtc/1" });
    await turn(10_000);
    expect([vi.getTimerCount(), connections[0]!.listeners]).toEqual([0, 0]);
    void dial().catch(() => undefined);
    expect(connections).toHaveLength(2);
  });

  test("keeps the connection for ever with idleMs: Infinity, and waits for ever with timeoutMs: Infinity", async () => {
    const { dial, connections } = dialing([created()], { idleMs: Infinity, timeoutMs: Infinity });
    const dialed = dial();
    await turn(60_000);
    expect(connections[0]!.closes).toBe(0);
    connections[0]!.become("connected");
    (await dialed).close!();
    await turn(60_000);
    expect([connections[0]!.closes, connections.length]).toEqual([0, 1]);
    dial.close();
  });

  test.each([1, 2, 3])(
    "tries again with a new connection if the platform refuses the answer: %i times",
    async (times) => {
      const { dial, connections, asked } = dialing([created(), ended, created(), ended, created(), ended]);
      let left = times;
      vi.spyOn(FakePeerConnection.prototype, "setRemoteDescription").mockImplementation(() =>
        left-- > 0 ? Promise.reject(new Error("no transport")) : Promise.resolve(),
      );
      onTestFinished(() => void vi.restoreAllMocks());
      const outcome = dial().then(
        () => "connected",
        (error: unknown) => (error as DialError).code,
      );
      for (let i = 0; i < 4; i++) await turn();
      connections[times]?.become("connected");
      await turn();
      const connects = times < 3;
      expect(await outcome).toBe(connects ? "connected" : "endpointAnswer");
      const closes = connections.map((connection) => connection.closes);
      expect(closes).toEqual(connects ? [...Array<number>(times).fill(1), 0] : [1, 1, 1]);
      const offers = asked.filter(({ method }) => method === "POST").map(({ body }) => body.includes("a=candidate:"));
      expect(offers).toEqual([true, false, false].slice(0, times + 1));
      const methods = asked.map(({ method }) => method);
      expect(methods.filter((method) => method === "POST")).toHaveLength(connects ? times + 1 : 3);
      expect(methods.filter((method) => method === "DELETE")).toHaveLength(times);
    },
  );

  test.each<[string, Reply, code: string, status: number | undefined, message: RegExp]>([
    [
      "a page",
      () => new Response("<html>", { headers: { "content-type": "text/html; charset=utf-8" } }),
      "endpointAnswer",
      200,
      /answered 200 with text\/html, expected 201/,
    ],
    [
      "a page with 201",
      () => new Response("<html>", { status: 201, headers: { "content-type": "text/html" } }),
      "endpointAnswer",
      201,
      /201 with text\/html/,
    ],
    ["404", () => new Response("no", { status: 404 }), "endpointRefused", 404, /rtc\.example refuses with 404$/],
    ["401", () => new Response("no", { status: 401 }), "endpointRefused", 401, /401$/],
    [
      "503 with Retry-After",
      () => new Response("", { status: 503, headers: { "retry-after": "7" } }),
      "endpointRefused",
      503,
      /503: try again in 7 s$/,
    ],
    [
      "301",
      () => new Response(null, { status: 301, headers: { location: "/else" } }),
      "endpointAnswer",
      301,
      /answered 301/,
    ],
    [
      "302",
      () => new Response(null, { status: 302, headers: { location: "/else" } }),
      "endpointAnswer",
      302,
      /answered 302/,
    ],
    [
      "308",
      () => new Response(null, { status: 308, headers: { location: "/else" } }),
      "endpointAnswer",
      308,
      /answered 308/,
    ],
    [
      "200 with an answer",
      () => new Response(fakeDescription("answer"), { headers: { "content-type": SDP } }),
      "endpointAnswer",
      200,
      /expected 201/,
    ],
    ["no Location", created({ location: "" }), "endpointAnswer", 201, /sent no Location/],
    ["an invalid Location", created({ location: "http://[" }), "endpointAnswer", 201, /sent an invalid Location/],
    [
      "a Location without TLS",
      created({ location: "http://rtc.example/1" }),
      "endpointAnswer",
      201,
      /Location with http:/,
    ],
    ["another text", created({}, "hello"), "endpointAnswer", 201, /does not start with v=0/],
    [
      "a description with media",
      created({}, `${fakeDescription("answer")}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`),
      "endpointAnswer",
      201,
      /and no media/,
    ],
    [
      "a description without ICE",
      created({}, fakeDescription("answer").replace(/a=ice-pwd.*\r\n/, "")),
      "endpointAnswer",
      201,
      /no ice-ufrag and ice-pwd/,
    ],
    [
      "a description that is too long",
      created({}, fakeDescription("answer").padEnd(70_000)),
      "endpointAnswer",
      201,
      /answered 201/,
    ],
    [
      "nothing, because the network is down",
      () => Promise.reject(new TypeError("fetch failed")),
      "failed",
      undefined,
      /request to rtc\.example failed: fetch failed/,
    ],
    ["half a body", created({}, undefined), "endpointAnswer", 201, /./],
  ])("that is answered with %s rejects, and leaves nothing behind", async (name, reply, code, status, message) => {
    const broken: Reply = () =>
      new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) }), {
        status: 201,
        headers: { "content-type": SDP, location: "rtc/1" },
      });
    const { dial, connections } = dialing([name === "half a body" ? broken : reply]);
    const error: unknown = await dial().catch((error: unknown) => error);
    expect(error).toMatchObject({ name: "DialError", code, status });
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toMatch(/s3cret/);
    await turn(10_000);
    expect([connections[0]!.closes, connections[0]!.listeners, vi.getTimerCount()]).toEqual([1, 0, 0]);
  });

  test("follows 307 with the same request, by fetch, which knows the rules for other origins", async () => {
    const away: Reply = () => new Response(null, { status: 307, headers: { location: "https://other.example/" } });
    const { dial, connections, asked } = dialing([away, created()]);
    const dialed = dial();
    await turn();
    connections[0]!.become("connected");
    await dialed;
    expect(asked.map(({ method, redirect }) => [method, redirect])).toEqual([
      ["POST", "manual"],
      ["POST", "follow"],
    ]);
    expect(asked[1]!.body).toBe(asked[0]!.body);
  });

  test.each<[string, Reply]>([
    ["the endpoint never answers", () => new Promise(() => undefined)],
    [
      "the answer never ends",
      () => new Response(new ReadableStream(), { status: 201, headers: { "content-type": SDP } }),
    ],
    ["the connection never comes", created()],
  ])("rejects after timeoutMs if %s", async (_, reply) => {
    const { dial, connections, asked } = dialing([reply], { timeoutMs: 3000 });
    const failed = dial().catch((error: unknown) => error);
    await turn(3000);
    expect(await failed).toMatchObject({ name: "DialError", code: "timedOut" });
    await turn(10_000);
    expect([connections[0]!.closes, vi.getTimerCount()]).toEqual([1, 0]);
    expect(asked.filter(({ method }) => method === "DELETE")).toHaveLength(_ === "the connection never comes" ? 1 : 0);
  });

  test.each<[string, Reply]>([
    ["before the answer", () => new Promise(() => undefined)],
    ["before it is connected", created()],
  ])("rejects with the signal's reason %s, and ends a connection that no other dial waits for", async (_, reply) => {
    const { dial, connections } = dialing([reply]);
    const stop = new AbortController();
    const [first, other] = [dial(undefined, [], stop.signal), dial()];
    const results = [first, other].map((dialed) => dialed.catch((error: unknown) => error));
    await turn();
    stop.abort("enough");
    expect(await results[0]).toBe("enough");
    expect(connections[0]!.closes).toBe(0);
    dial.close();
    expect(await results[1]).toMatchObject({ code: "closed" });
    const again = new AbortController();
    const alone = dial(undefined, [], again.signal).catch((error: unknown) => error);
    again.abort("too");
    expect(await alone).toBe("too");
    await turn(10_000);
    expect([connections.map(({ closes }) => closes), vi.getTimerCount()]).toEqual([[1, 1], 0]);
  });

  test("rejects at once if the signal has been aborted, and if no candidate can be reached", async () => {
    const { dial, connections } = dialing([created()]);
    await expect(dial(undefined, [], AbortSignal.abort("no"))).rejects.toBe("no");
    expect(connections).toHaveLength(0);
    const failed = dial().catch((error: unknown) => error);
    await turn();
    connections[0]!.become("failed");
    expect(await failed).toMatchObject({ code: "unreachable" });
  });
});

describe("a connection that is interrupted", () => {
  async function open(replies: readonly Reply[]) {
    const dialed = dialing([created(), ...replies]);
    const opening = dialed.dial();
    await turn();
    dialed.connections[0]!.become("connected");
    await opening;
    return { ...dialed, connection: dialed.connections[0]! };
  }
  const fragment = fakeDescription("answer", "news")
    .split("\r\n")
    .filter((line) => line.startsWith("a="))
    .join("\r\n");

  test("restarts ICE with a PATCH, whose answer is put into the old description", async () => {
    const { connection, asked } = await open([
      () => new Response(fragment, { headers: { "content-type": FRAGMENT, etag: '"2"' } }),
    ]);
    connection.become("disconnected");
    await turn();
    expect(asked[1]).toMatchObject({ method: "PATCH", url: "https://rtc.example/rtc/1" });
    expect(asked[1]!.headers.get("if-match")).toBe("*");
    expect(asked[1]!.headers.get("content-type")).toBe(FRAGMENT);
    expect(asked[1]!.body).toMatch(/^m=application .*\r\na=mid:0\r\na=ice-ufrag:ofr1\r\n/);
    expect(connection.remoteDescription!.sdp).toContain("a=ice-ufrag:news");
    expect(connection.remoteDescription!.sdp).toContain("a=fingerprint:sha-256 AB");
    connection.become("connected");
    await turn(60_000);
    expect(asked).toHaveLength(2);
  });
  test.each([404, 405, 422])("is left alone if the PATCH is refused with %i", async (status) => {
    const { connection, asked } = await open([() => new Response("", { status })]);
    connection.become("disconnected");
    await turn(60_000);
    expect([asked.length, connection.signalingState, connection.closes]).toEqual([2, "stable", 0]);
  });
  test("asks again while the network is away, and gives up lostMs after it has failed", async () => {
    const { dial, connection, asked } = await open(
      Array<Reply>(100).fill(() => Promise.reject(new TypeError("fetch failed"))),
    );
    connection.become("disconnected");
    await turn(10_000);
    expect(asked.filter(({ method }) => method === "PATCH").length).toBeGreaterThan(3);
    connection.become("failed");
    await turn(29_000);
    expect(connection.closes).toBe(0);
    await turn(1000);
    expect(connection.closes).toBe(1);
    await turn(10_000);
    expect([vi.getTimerCount(), connection.listeners]).toEqual([0, 0]);
    void dial().catch(() => undefined);
    await turn();
    expect(asked.at(-1)!.method).toBe("POST");
  });
});
