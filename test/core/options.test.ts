/** Options are checked once, at the call. `test/package/arguments.test.ts` tests what the errors say. */
import { describe, expect, test, vi } from "vitest";
import { checkFlags, checkOptions, passOn } from "../../src/core/options.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, createWebSocketStreamClass, serve } from "../../src/stream/index.ts";
import { webSocketServer } from "../../src/testing/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass, webSocketOver, webSocketPair } from "../../src/websocket/index.ts";
import { settled, WireTransport } from "../support/wireTransport.ts";

const table = { port: "a number", names: "an object" };

describe("checkOptions", () => {
  test("returns the options that are given, without undefined ones", () => {
    const given = Object.assign(Object.create({ names: [] }) as object, { port: undefined });
    expect({ ...checkOptions("f()", given, table) }).toEqual({ names: [] });
  });
  test("reads each option once", () => {
    let reads = 0;
    const checked = checkOptions("f()", { get port() { return ++reads; } }, table); // prettier-ignore
    expect([checked.port, reads]).toEqual([1, 1]);
  });
  test("does not check its own result again, nor options that are passed on", () => {
    const checked = checkOptions("f()", { port: 1 }, table);
    expect(checkOptions("g()", checked, {})).toBe(checked);
    const passed = passOn({ ...checked, host: "a" });
    expect(passed).toMatchObject({ port: 1, host: "a" });
    expect(checkOptions("g()", passed, {})).toBe(passed);
    expect(() => checkFlags("g()", passed, {})).not.toThrow();
  });
  test("checks a copy of checked options again", () => {
    const checked = checkOptions("f()", { port: 1 }, table);
    expect(() => checkOptions("g()", { ...checked }, { host: "a string" })).toThrow(
      "g() has no option port; it has host",
    );
  });
});

describe("an interface checks the options of its connections once", () => {
  const options = { masking: true, limits: { maxMessageBytes: 10 }, handshakeTimeoutMs: 1000 };
  const near = (): ByteTransport => pipe()[0];
  const url = "ws://a.example/";

  /** How often the options of a connection are compared with a table of all of them. */
  async function checks(act: () => unknown): Promise<number> {
    const keys = vi.spyOn(Object, "keys");
    try {
      act();
      await settled();
      return keys.mock.calls.filter(([given]) => (given as Record<string, unknown>)["masking"] === "a boolean").length;
    } finally {
      keys.mockRestore();
    }
  }

  test.each<[string, () => unknown]>([
    ["connect()", () => void connect(near(), options).catch(() => {})],
    ["accept()", () => void accept(near(), options).catch(() => {})],
    ["serve()", () => void serve([near(), near()], () => {}, options).catch(() => {})],
    ["createWebSocketClass()", () => new (createWebSocketClass(near, options))(url)],
    ["createWebSocketStreamClass()", () => new (createWebSocketStreamClass(near, options))(url)],
    ["webSocketOver()", () => webSocketOver(near(), options)],
    ["new WebSocketServer()", () => new WebSocketServer(options).handleTransport(near())],
    ["webSocketServer()", () => webSocketServer(options).handleTransport(new WireTransport())],
  ])("%s", async (_, act) => {
    expect(await checks(act)).toBe(1);
  });
  test("webSocketPair(), which takes none of them", async () => {
    expect(await checks(() => webSocketPair())).toBe(0);
  });
});
