/** The programs of the guide to connections that outlive their transport: a page, here on Node, and a server. */
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { openSession } from "../../examples/resume/page.ts";
import { startExample } from "../support/runExample.ts";

const sockets: WebSocket[] = [];

afterEach(() => vi.unstubAllGlobals());

test("a session of a page goes on when its WebSocket is lost", { timeout: 90_000 }, async () => {
  class Observed extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      sockets.push(this);
    }
  }
  vi.stubGlobal("WebSocket", Observed);
  const server = startExample("examples/resume/server.ts", [], { PORT: "0" });
  onTestFinished(() => server.stop());

  const states: string[] = [];
  const session = await openSession(`ws://127.0.0.1:${await server.port()}/chat`, (state) => states.push(state));
  await session.send("hello");
  expect(await session.receive()).toBe("you said hello");
  sockets[0]!.close();
  await session.send("are you there?");
  expect(await session.receive()).toBe("you said are you there?");
  await session.close();
  expect(sockets.length).toBe(2);
  expect(states.slice(0, 3)).toEqual(["connected", "resuming", "connected"]);
});
