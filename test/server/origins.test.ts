/** Which pages may connect: cross-site hijacking of WebSockets, as in CVE-2025-24010 (RFC 6455 §10.2). */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type OriginPolicy } from "../../src/server/index.ts";
import { dial } from "./client.ts";
import { collectReports } from "./reports.ts";

/** The status that a page of this origin gets. */
async function answer(origins: OriginPolicy | undefined, origin: string | undefined, host: string): Promise<number> {
  const server = new WebSocketServer(origins === undefined ? {} : { origins });
  const { client } = dial(server, { host, ...(origin !== undefined && { headers: { origin } }) });
  const status = await Promise.race([
    client.event("connectionEstablished").then(() => 101),
    client.event("connectionRejected").then(({ status }) => status),
  ]);
  client.driver.abort("done");
  return status;
}

describe("by default", () => {
  test.each([
    ["http://app.example", "app.example"],
    ["https://app.example", "app.example"],
    ["https://app.example:8443", "app.example:8443"],
    ["https://app.example", "app.example:443"],
    ["http://app.example", "app.example:80"],
    ["http://127.0.0.1:5173", "127.0.0.1:5173"],
    ["http://[::1]:5173", "[::1]:5173"],
    ["http://app.example", "APP.example"],
  ])("a page of %s may connect to %s", async (origin, host) => {
    expect(await answer(undefined, origin, host)).toBe(101);
  });
  test.each([
    ["https://evil.example", "app.example"],
    ["https://app.example.evil.example", "app.example"],
    ["https://evil-app.example", "app.example"],
    ["http://app.example:5173", "app.example:8080"],
    ["http://app.example", "app.example:443"],
    ["http://localhost:5173", "127.0.0.1:5173"],
    ["null", "app.example"],
    ["null", "null"],
    ["file://", "app.example"],
    ["chrome-extension://app.example", "app.example"],
    ["https://", "app.example"],
    ["app.example", "app.example"],
  ])("a page of %s may not connect to %s", async (origin, host) => {
    expect(await answer(undefined, origin, host)).toBe(403);
  });
  test.runIf("origin" in globalThis)("a page of the server's origin may connect to any host", async () => {
    expect(await answer(undefined, globalThis.origin, "chat.example")).toBe(101);
    expect(await answer(undefined, `${globalThis.origin}0`, "chat.example")).toBe(403);
    expect(await answer(undefined, globalThis.origin.replace("http", "ws"), "chat.example")).toBe(403);
  });
  test("a refused page gets the reason", async () => {
    const { client } = dial(new WebSocketServer(), { origin: "https://evil.example" });
    await client.event("connectionRejected");
    expect(new TextDecoder().decode((await client.event("rejectionData")).data)).toContain("`origins`");
  });
  test("a policy may return a thenable that calls back at once", async () => {
    const policy = (): Promise<boolean> =>
      ({ then: (resolve: (allowed: boolean) => void) => resolve(true) }) as Promise<boolean>;
    expect(await answer(policy, "https://evil.example", "app.example")).toBe(101);
  });
  test("a client without an Origin is not a page, and may connect", async () => {
    expect(await answer(undefined, undefined, "app.example")).toBe(101);
  });
  test.each(["https://app.example, https://evil.example", "https://app.example, https://app.example"])(
    "a request with two origins, %s, is malformed",
    async (origin) => {
      const { client } = dial(new WebSocketServer(), { host: "app.example", headers: [["origin", origin]] });
      expect((await client.event("connectionRejected")).status).toBe(400);
    },
  );
});

describe("a list", () => {
  const origins = ["https://app.example", "http://localhost:5173"];
  test.each([
    ["https://app.example", 101],
    ["http://localhost:5173", 101],
    ["http://app.example", 403],
    ["https://app.example:8443", 403],
    ["https://api.example", 403],
    ["null", 403],
    [undefined, 101],
  ])("is compared: %s gets %d", async (origin, status) => {
    expect(await answer(origins, origin, "api.example")).toBe(status);
  });
  test("may allow opaque origins", async () => {
    expect(await answer(["null"], "null", "api.example")).toBe(101);
  });
  test("that is empty allows no page", async () => {
    expect(await answer([], "https://api.example", "api.example")).toBe(403);
  });
});

describe("a function", () => {
  test("receives the request's details, and decides", async () => {
    const asked: unknown[] = [];
    const policy = (origin: string | undefined): boolean => {
      asked.push(origin);
      return origin === "https://a.example";
    };
    expect(await answer(policy, "https://a.example", "b.example")).toBe(101);
    expect(await answer(policy, "null", "b.example")).toBe(403);
    expect(await answer(policy, undefined, "b.example")).toBe(403);
    expect(asked).toEqual(["https://a.example", "null", undefined]);
  });
  test("that throws allows nobody", async () => {
    const { reports } = collectReports();
    const policy = (): boolean => {
      throw new Error("mine");
    };
    expect(await answer(policy, "https://a.example", "b.example")).toBe(500);
    expect(reports).toEqual([new Error("mine")]);
  });
});

test("any allows every page", async () => {
  expect(await answer("any", "https://evil.example", "app.example")).toBe(101);
});

test.each(["https://app.example", "ANY", "", 1, {}, null])("%j is not a valid policy", (origins) => {
  expect(() => new WebSocketServer({ origins: origins as never })).toThrow(TypeError);
});
