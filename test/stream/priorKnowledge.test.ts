/** Connections that are open from the start, with a request that was answered elsewhere. */
import { describe, expect, test } from "vitest";
import { accept, connect, type IncomingRequest, type WebSocketSession } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";

const agreed = { handshake: "none", subprotocol: "chat" } as const;

function requestFrom(origin?: string): { method: string; target: string; headers: [string, string][] } {
  const headers: [string, string][] = [
    ["Host", "server.example"],
    ["Cookie", "a=1"],
    ["Cookie", "b=2"],
    ["Sec-WebSocket-Protocol", "other, chat"],
    ["Sec-WebSocket-Version", "13"],
  ];
  if (origin !== undefined) headers.push(["Origin", origin]);
  return { method: "CONNECT", target: "/room?id=1", headers };
}

async function pairFor(
  options: Parameters<typeof accept>[1],
): Promise<{ near: WebSocketSession; request: Promise<IncomingRequest> }> {
  const [here, there] = pipe();
  const request = accept(there, { ...agreed, ...options });
  request.catch(() => {});
  return { near: await connect(here, agreed), request };
}

describe('accept with handshake: "none" and a request', () => {
  test("reports the request", async () => {
    const { near, request } = await pairFor({ request: requestFrom("https://server.example") });
    const { target, url, host, origin, headers, subprotocols, ...incoming } = await request;
    expect([target, url.href, host, origin]).toEqual([
      "/room?id=1",
      "ws://server.example/room?id=1",
      "server.example",
      "https://server.example",
    ]);
    expect([headers.get("cookie"), subprotocols]).toEqual(["a=1; b=2", ["other", "chat"]]);
    const session = await incoming.accept();
    await near.send("hello");
    expect([await session.receive(), session.protocol]).toEqual(["hello", "chat"]);
    await session.close();
  });
  test.each([
    ["another host, by default", undefined],
    ["one that is not in the list", ["https://other.example"]],
    ["one that the function refuses", () => Promise.resolve(false)],
  ])("closes a page of another origin with 1008: %s", async (_, origins) => {
    const { near, request } = await pairFor({ request: requestFrom("https://evil.example"), origins });
    await expect(request).rejects.toThrow("the origin https://evil.example is not allowed");
    expect(await near.closed).toMatchObject({ closeCode: 1008 });
  });
  test("accepts what the policy allows, and requests without an origin", async () => {
    const origins = (origin: string | undefined): boolean => origin === "https://evil.example";
    const allowed = await pairFor({ request: requestFrom("https://evil.example"), origins });
    await (await (await allowed.request).accept()).close();
    const plain = await pairFor({ request: requestFrom() });
    await (await (await plain.request).accept()).close();
  });
  test("closes with 1011 if the policy throws", async () => {
    const origins = (): boolean => {
      throw new Error("a bug");
    };
    const { near, request } = await pairFor({ request: requestFrom("https://evil.example"), origins });
    await expect(request).rejects.toThrow("a bug");
    expect(await near.closed).toMatchObject({ closeCode: 1011 });
  });
  test("calls no policy without a request", async () => {
    const origins = (): boolean => {
      throw new Error("asked");
    };
    const { near, request } = await pairFor({ origins });
    expect((await request).subprotocols).toEqual(["chat"]);
    await near.close();
  });
  test("refuses a request without a valid URL, and ends the transport", async () => {
    const [here, there] = pipe();
    const request = { ...requestFrom(), target: "no path" };
    await expect(accept(there, { ...agreed, request })).rejects.toThrow("malformed request target");
    await expect(here.readable.getReader().read()).rejects.toThrow();
  });
});
