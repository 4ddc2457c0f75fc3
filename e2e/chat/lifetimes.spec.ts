/**
 * Pages and frames that go away, several at once, and invalid calls: each gives a clear error and leaves nothing
 * behind.
 */
import type { ServerSocket, WebSocketServer } from "../../src/playwright/index.ts";
import { expect, join, openChat, test, ways, type Chat } from "./chat.ts";

const inPage = ways[0]!;

for (const way of ways) {
  test.describe(way.name, () => {
    test("a page that navigates loses its connection, and the next page opens a new one", async ({
      page,
      webSocketServer,
    }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const first = await join(chat);
      await expect(chat.status).toHaveText("online");
      await page.reload();
      const { code } = await first.closed;
      // The browser's own says that it is going away.
      expect(way.mode === "page" ? [1006] : [1001, 1006, 1005]).toContain(code);
      // The worker of the page that is left may find the time to connect once more.
      await expect(async () => {
        await join(chat);
        await expect(chat.status).toHaveText("online", { timeout: 2000 });
      }).toPass();
    });

    test("a page that closes loses its connection", async ({ context, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const page = await context.newPage();
      const chat = await openChat(page, server, way);
      const socket = await join(chat);
      await expect(chat.status).toHaveText("online");
      await page.close();
      await socket.closed;
      expect(() => socket.send("late")).toThrow("can't send");
    });

    test("a second page has a separate connection", async ({ context, page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const one = await openChat(page, server, way);
      const first = await join(one);
      const secondPage = await context.newPage();
      const two = await openChat(secondPage, server, way);
      const second = await join(two);
      await first.sendJSON({ type: "message", from: "Ada", text: "to one" });
      await second.sendJSON({ type: "message", from: "Ada", text: "to two" });
      await expect(one.messages).toHaveText(["Ada: to one"]);
      await expect(two.messages).toHaveText(["Ada: to two"]);
      await secondPage.close();
      await second.closed;
      await first.sendJSON({ type: "message", from: "Ada", text: "still" });
      await expect(one.messages).toHaveText(["Ada: to one", "Ada: still"]);
    });

    test("the test sees that a page has gone before its request was answered", async ({ page, webSocketServer }) => {
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      await openChat(page, server, way);
      const request = await server.request();
      await page.goto("about:blank");
      await expect
        .poll(() => request.accept({ subprotocol: "chat.v2" }).then(() => "open", String))
        .toContain("LocalProtocolError");
    });
  });
}

test("navigating within a document leaves its connection open", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  const chat = await openChat(page, server, inPage);
  const socket = await join(chat);
  await page.evaluate(() => {
    location.hash = "somewhere";
    history.pushState({}, "", "?elsewhere");
  });
  await page.goBack();
  await socket.sendJSON({ type: "message", from: "Ada", text: "still here" });
  await expect(chat.messages).toHaveText(["Ada: still here"]);
});

test("a frame has a separate connection, which ends with the frame", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  const chat = await openChat(page, server, inPage, { policy: "open" });
  const ofPage = await join(chat);
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.src = location.href;
    document.body.append(frame);
  });
  const ofFrame = await join(chat);
  await ofFrame.sendJSON({ type: "message", from: "Ada", text: "to the frame" });
  await expect(page.frameLocator("iframe").getByRole("listitem")).toHaveText(["Ada: to the frame"]);
  await page.evaluate(() => document.querySelector("iframe")!.remove());
  expect(await ofFrame.closed).toMatchObject({ code: 1006 });
  await ofPage.sendJSON({ type: "message", from: "Ada", text: "to the page" });
  await expect(chat.messages).toHaveText(["Ada: to the page"]);
});

test("a worker that is terminated loses its connection", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  const chat = await openChat(page, server, ways[1]!);
  const socket = await join(chat);
  await expect(chat.status).toHaveText("online");
  await page.evaluate(() => (globalThis as unknown as { chatWorker: Worker }).chatWorker.terminate());
  expect(await socket.closed).toMatchObject({ code: 1006 });
});

test("two sockets to one URL are two connections", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  await page.goto("/e2e/chat/?where=nowhere&url=wss://elsewhere.invalid/live");
  await (await server.request()).reject({ status: 401 });
  await page.evaluate(() => {
    const heard = ((globalThis as unknown as { heard: unknown[] }).heard = []) as unknown[];
    for (const name of ["a", "b"]) {
      const socket = new WebSocket("wss://twice.example/live");
      socket.onopen = () => socket.send(name);
      socket.onmessage = ({ data }) => heard.push(`${name} heard ${data as string}`);
    }
  });
  const next = async (): Promise<ServerSocket> => {
    for (;;) {
      const request = await server.request();
      if (request.host === "twice.example") return await request.accept();
    }
  };
  const [a, b] = [await next(), await next()];
  await expect(a).toReceiveText("a");
  await expect(b).toReceiveText("b");
  await b.send("for b");
  await a.send("for a");
  const heard = (): Promise<unknown> =>
    page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.toSorted());
  await expect.poll(heard).toEqual(["a heard for a", "b heard for b"]);
});

test("an invalid call of the binding is reported and has no other effect", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  const chat = await openChat(page, server, inPage);
  const socket = await join(chat);
  const answers = await page.evaluate(async () => {
    const { __websocketOver: call } = globalThis as unknown as {
      __websocketOver: (...given: unknown[]) => Promise<unknown>;
    };
    const calls: unknown[][] = [
      [],
      ["x"],
      [1, ["a", "gone"]],
      ["x", "gone"],
      ["x", ["", "open", 1, "ws://a/"]],
      ["x", ["a", "open", "1", "ws://a/"]],
      ["x", ["a", "open", 1, "no URL"]],
      ["x", ["a", "open", 4711, "ws://a/"]],
      ["x", ["a", "data"]],
      ["x", ["a", "servers", []]],
      ["x", ["unknown", "data", new Uint8Array(3)]],
    ];
    const answer = (given: unknown[]): Promise<string> => call(...given).then(() => "taken", String);
    return await Promise.all(calls.map(answer));
  });
  expect(answers.slice(0, -1).filter((answer) => !answer.startsWith("TypeError: "))).toEqual([]);
  expect(answers.at(-1)).toBe("taken"); // for a connection that has ended, as any that is unknown
  await socket.sendJSON({ type: "message", from: "Ada", text: "unharmed" });
  await expect(chat.messages).toHaveText(["Ada: unharmed"]);
});

test("one frame can't use the document of another", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  await page.addInitScript(() => {
    const scope = globalThis as unknown as { __websocketOver: (...given: unknown[]) => Promise<void>; seen: unknown[] };
    const call = scope.__websocketOver;
    const value = (...given: unknown[]): Promise<void> => {
      scope.seen = given;
      return call(...given);
    };
    Object.defineProperty(scope, "__websocketOver", { value });
  });
  const chat = await openChat(page, server, inPage, { policy: "open" });
  const socket = await join(chat);
  await expect(chat.status).toHaveText("online");
  const answer = await page.evaluate(async () => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const { seen } = globalThis as unknown as { seen: [string, [string]] };
    const other = frame.contentWindow as unknown as { __websocketOver: (...given: unknown[]) => Promise<unknown> };
    return await other.__websocketOver(seen[0], [seen[1][0], "gone"]).then(() => "taken", String);
  });
  expect(answer).toContain("this document belongs to another frame");
  await socket.sendJSON({ type: "message", from: "Ada", text: "unharmed" });
  await expect(chat.messages).toHaveText(["Ada: unharmed"]);
});

test("on the wire, a target that was not redirected is an ordinary request", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/never/, mode: "wire" });
  await page.goto("/e2e/chat/?policy=open&url=ws://127.0.0.1:9/live");
  await page.evaluate((url) => void new WebSocket(`${url}/~/%E0%A4%A/x`), server.url);
  const request = await server.request();
  expect([request.target, request.url]).toEqual(["/~/%E0%A4%A/x", `${server.url}/~/%E0%A4%A/x`]);
  await request.accept();
  await server.close();
});

test("a message that is not from a transport fails its connection", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  await page.addInitScript(() => {
    const scope = globalThis as unknown as {
      __websocketOver: (id: string, message: unknown[]) => Promise<void>;
      spoil(): void;
    };
    const call = scope.__websocketOver;
    let last: [string, string] | undefined;
    Object.defineProperty(scope, "__websocketOver", {
      value: (id: string, message: unknown[]) => {
        last = [id, message[0] as string];
        return call(id, message);
      },
    });
    scope.spoil = () => void call(last![0], [last![1], "data", "nonsense"]);
  });
  const chat = await openChat(page, server, inPage);
  const socket = await join(chat);
  await expect(chat.status).toHaveText("online");
  await page.evaluate(() => (globalThis as unknown as { spoil(): void }).spoil());
  const { code, error } = await socket.closed;
  expect([code, String(error)]).toEqual([1006, expect.stringContaining("sent an invalid message")]);
  await join(chat);
  await expect(chat.status).toHaveText("online");
});

test("a closed server refuses connections until another server serves the URL", async ({ page, webSocketServer }) => {
  const first = await webSocketServer({ match: /\/live/ });
  const chat = await openChat(page, first, inPage);
  const socket = await join(chat);
  await expect(chat.status).toHaveText("online");
  await first.close();
  expect(await socket.closed).toMatchObject({ code: 1006 });
  await expect(chat.status).toHaveAttribute("data-past", /offline: 1006/);
  await expect(first.request()).rejects.toThrow("closed");
  const second = await webSocketServer({ match: "wss://chat.example/**" });
  await join({ ...chat, server: second });
  await expect(chat.status).toHaveText("online");
});

test("a separate browser context has separate servers, and can be closed before the test ends", async ({
  browser,
  page,
  webSocketServer,
}) => {
  const context = await browser.newContext();
  const one = await webSocketServer({ match: /\/live/ });
  const other = await webSocketServer({ match: /\/live/, context });
  const origin = await openChat(page, one, inPage).then(() => new URL(page.url()).origin);
  await join({ server: one } as Chat);
  const otherPage = await context.newPage();
  await otherPage.goto(`${origin}/e2e/chat/`);
  const socket = await join({ server: other } as Chat);
  await expect(otherPage.getByRole("status")).toHaveText("online");
  await context.close();
  expect(await socket.closed).toMatchObject({ code: 1006 });
});

test("invalid options are refused", async ({ webSocketServer }) => {
  await expect(webSocketServer({ match: 7 as unknown as string })).rejects.toThrow(
    "match must be a string or an object",
  );
  await expect(webSocketServer({ match: /x/, mode: "air" as "wire" })).rejects.toThrow('mode must be "page" or "wire"');
  await expect(webSocketServer({ match: /x/, limits: { maxFrameBytes: -1 } })).rejects.toThrow(RangeError);
});

test("the error for a request that does not come lists the URLs that were requested", async ({
  page,
  webSocketServer,
}) => {
  const server = await webSocketServer({ match: /\/other/ });
  await page.goto("/e2e/chat/?policy=open&url=ws://127.0.0.1:9/live");
  await expect(page.getByRole("status")).toHaveText(/offline|connecting/);
  const complaint = await server.request({ timeout: 300 }).catch(String);
  expect(complaint).toContain("no request came in 300 ms, for /\\/other/; pages connected to other URLs:");
  expect(complaint).toContain("ws://127.0.0.1:9/live");
});

test.describe("what a test leaves behind", () => {
  const left: { servers: WebSocketServer[]; sockets: ServerSocket[]; waiting: Promise<unknown>[] } = {
    servers: [],
    sockets: [],
    waiting: [],
  };
  let before: string[] = [];

  for (const way of ways) {
    test(`${way.name}: connections, requests and waits`, async ({ page, webSocketServer }) => {
      before = resources();
      const server = await webSocketServer({ match: /\/live/, mode: way.mode });
      const chat = await openChat(page, server, way);
      const socket = await join(chat);
      socket.fault.stall();
      void socket.send("never seen");
      left.servers.push(server);
      left.sockets.push(socket);
      left.waiting.push(server.request({ timeout: 600_000 }).catch(String));
    });

    test(`${way.name}: is gone in the next test`, async () => {
      for (const socket of left.sockets.splice(0)) expect(await socket.closed).toMatchObject({ code: 1006 });
      for (const waiting of left.waiting.splice(0)) expect(await waiting).toContain("the server was closed");
      for (const server of left.servers.splice(0)) await expect(server.request()).rejects.toThrow("closed");
      await expect.poll(resources).toEqual(before);
    });
  }

  /** Sockets and listeners of this process, timers left out: the runner has its own. */
  function resources(): string[] {
    return process.getActiveResourcesInfo().filter((name) => /TCP|Server/.test(name));
  }
});
