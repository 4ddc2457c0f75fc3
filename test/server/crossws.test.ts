/**
 * The adapter for the hooks of crossws in Node, a page and a worker. `test/peers/crossws.test.ts` compares it with
 * crossws.
 */
import { describe, expect, test } from "vitest";
import {
  crosswsAdapter,
  type CrosswsHooks,
  type CrosswsMessage,
  type CrosswsOptions,
  type CrosswsPeer,
  type SyncDriver,
  type SyncMessage,
} from "../../src/server/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { Client, dial as dialServer } from "./client.ts";
import { collectReports } from "./reports.ts";
import { brandless } from "../support/brandlessBlob.ts";
import { countTimers } from "../support/timers.ts";
import { unfitMemory } from "../support/unfitMemory.ts";

type Options = Parameters<typeof dialServer>[1];

const dial = (adapter: ReturnType<typeof crosswsAdapter>, options?: Options): Client =>
  dialServer(adapter.server, options).client;

async function open(adapter: ReturnType<typeof crosswsAdapter>, options?: Options): Promise<Client> {
  const client = dial(adapter, options);
  await client.event("connectionEstablished");
  return client;
}

const answer = async (options: CrosswsOptions, request?: Options): Promise<number> =>
  (await dial(crosswsAdapter(options), request).event("connectionRejected")).status;

const echo: CrosswsHooks = {
  message: (peer: CrosswsPeer, message: CrosswsMessage) => void peer.send(message.rawData),
};

test("sends any Blob as bytes, and refuses other objects that are not plain", async () => {
  let peer!: CrosswsPeer;
  const client = await open(crosswsAdapter({ hooks: { open: (opened: CrosswsPeer) => void (peer = opened) } }));
  for (const blob of [new Blob(["hi"]), brandless(Uint8Array.of(104, 105))]) {
    peer.send(blob);
    expect(await client.message()).toEqual(Uint8Array.of(104, 105));
  }
  for (const wrong of [new Response("x"), new Map(), new URL("ws://a/")]) {
    expect(() => peer.send(wrong)).toThrow(TypeError);
  }
  peer.send({ size: 2 });
  expect(await client.message()).toBe('{"size":2}');
});

test("serves transports as they arrive, and leaves nothing behind", async () => {
  const timers = countTimers();
  const adapter = crosswsAdapter({ hooks: echo });
  const [near, far] = pipe();
  await adapter.serve([far]);
  const client = new Client(near);
  await client.event("connectionEstablished");
  client.do((connection) => connection.sendData("wörld"));
  expect(await client.message()).toBe("wörld");
  client.do((connection) => connection.sendData(Uint8Array.of(1)));
  expect(await client.message()).toEqual(Uint8Array.of(1));
  await adapter.close(1001, "Going away");
  expect(await client.event("connectionClosed")).toMatchObject({ code: 1001, reason: "Going away" });
  await client.driver.finished;
  expect([adapter.peers.size, timers()]).toEqual([0, 0]);
});

describe("the request", () => {
  test("has the headers that browsers hide", async () => {
    const seen: (string | null)[] = [];
    const adapter = crosswsAdapter({
      hooks: {
        upgrade({ headers, url }: Request) {
          seen.push(url, headers.get("cookie"), headers.get("origin"), headers.get("sec-websocket-version"));
        },
      },
    });
    await open(adapter, { headers: { cookie: "a=b" }, origin: "http://server.example" });
    expect(seen).toEqual(["http://server.example/", "a=b", "http://server.example", "13"]);
  });
  test("without a URL is a 400, and no hook sees it", async () => {
    let calls = 0;
    expect(await answer({ hooks: { upgrade: () => calls++ } }, { host: "server.example:99999" })).toBe(400);
    expect(calls).toBe(0);
  });
  test("from a page of another origin is a 403, and no hook sees it", async () => {
    let calls = 0;
    const options: CrosswsOptions = { hooks: { upgrade: () => calls++ } };
    expect(await answer(options, { origin: "https://evil.example" })).toBe(403);
    expect(calls).toBe(0);
    const open = { ...options, serverOptions: { origins: "any" as const } };
    await dial(crosswsAdapter(open), { origin: "https://evil.example" }).event("connectionEstablished");
  });
  test("has a wss: URL if the transport below is encrypted", async () => {
    const urls: string[] = [];
    const { server } = crosswsAdapter({ hooks: { upgrade: ({ url }: Request) => void urls.push(url) } });
    await dialServer(server, {}, { encrypted: true }).client.event("connectionEstablished");
    await dialServer(server, { headers: { "x-forwarded-proto": "https" } }).client.event("connectionEstablished");
    expect(urls).toEqual(["https://server.example/", "https://server.example/"]);
  });
});

describe("an upgrade hook", () => {
  test("that throws anything but a Response causes a 500, and the error is reported", async () => {
    const { reports } = collectReports();
    const upgrade = (): never => {
      throw new Error("mine");
    };
    expect(await answer({ hooks: { upgrade } })).toBe(500);
    expect(await answer({ resolve: upgrade })).toBe(500);
    expect(reports).toMatchObject([{ cause: new Error("mine") }, { cause: new Error("mine") }]);
  });
  test("that returns handled: true is an error: there is no response to handle", async () => {
    const { reports } = collectReports();
    expect(await answer({ hooks: { upgrade: () => ({ handled: true }) } })).toBe(500);
    expect(reports).toHaveLength(1);
  });
  test("may answer with any Response, even one with headers that describe its transfer", async () => {
    const respond = (): Response =>
      new Response("gone", { status: 410, headers: { "content-length": "4", connection: "keep-alive", "x-a": "b" } });
    const client = dial(crosswsAdapter({ hooks: { upgrade: respond } }));
    const { status, headers } = await client.event("connectionRejected");
    expect([status, headers.get("connection"), headers.get("x-a")]).toEqual([410, "close", "b"]);
    expect(await answer({ hooks: { upgrade: () => Response.json({ ok: true }) } })).toBe(200);
    expect(await answer({ hooks: { upgrade: () => new Response(null, { status: 204 }) } })).toBe(204);
  });
  test("that chooses an unoffered subprotocol is an error of the application", async () => {
    const { reports } = collectReports();
    const hooks = { upgrade: () => ({ protocol: "other" }) };
    expect(await answer({ hooks }, { subprotocols: ["chat"] })).toBe(500);
    expect(reports).toHaveLength(1);
  });
});

test.each([
  [
    "thrown",
    () => () => {
      throw new Error("mine");
    },
  ],
  ["rejected", () => () => Promise.reject(new Error("mine"))],
])("an error that a hook throws is reported, and the connection ends with 1011: %s", async (_, make) => {
  const { reports } = collectReports();
  const hook = make();
  const adapter = crosswsAdapter({
    hooks: {
      message: hook,
      close: hook,
    },
  });
  const client = await open(adapter);
  client.do((connection) => connection.sendData("there?"));
  expect(await client.event("connectionClosed")).toMatchObject({ code: 1011 });
  await expect.poll(() => reports).toEqual(["message", "close"].map(() => new Error("mine")));
});

test("an empty namespace is removed, because clients choose its name", async () => {
  const adapter = crosswsAdapter();
  for (let i = 0; i < 20; i++) {
    const client = await open(adapter, { resource: `/${i}` });
    client.do((connection) => connection.close());
    await client.event("connectionClosed");
  }
  await expect.poll(() => adapter.peers.size).toBe(0);
});

describe("a message", () => {
  test.each(["nodebuffer", "arraybuffer", "fragments", "blob"] as const)("is in the shape of %s", async (type) => {
    const messages: CrosswsMessage[] = [];
    const adapter = crosswsAdapter({
      hooks: {
        open: (peer: CrosswsPeer) => void (peer.websocket.binaryType = type),
        message: (_: CrosswsPeer, message: CrosswsMessage) => void messages.push(message),
      },
    });
    const client = await open(adapter);
    client.do((connection) => {
      connection.sendData(Uint8Array.of(0x68, 0x69));
      connection.sendData("hi");
    });
    await expect.poll(() => messages.length).toBe(2);
    for (const message of messages) {
      const { data } = message;
      expect(await new Blob(type === "fragments" ? (data as BlobPart[]) : [data as BlobPart]).text()).toBe("hi");
      expect(await message.blob().text()).toBe("hi");
      if (type === "blob") continue;
      expect(message.text()).toBe("hi");
      expect([message.uint8Array().length, message.arrayBuffer().byteLength]).toEqual([2, 2]);
    }
    if (type === "blob") expect(() => messages[0]!.text()).toThrow(TypeError);
  });
});

describe("a sync adapter", () => {
  /** A relay whose messages the test can see. */
  function relay(driver: Partial<SyncDriver> = {}): {
    options: CrosswsOptions;
    sent: SyncMessage[];
    deliver: (message: SyncMessage) => void;
    errors: unknown[];
  } {
    const sent: SyncMessage[] = [];
    const errors: unknown[] = [];
    let deliver!: (message: SyncMessage) => void;
    const options: CrosswsOptions = {
      hooks: { open: (peer: CrosswsPeer) => peer.subscribe("news") },
      sync: () => ({
        subscribe: (given) => void (deliver = given),
        publish: (message) => void sent.push(message),
        ...driver,
      }),
      onError: (error, { stage }) => void errors.push([stage, error]),
    };
    return { options, sent, deliver: (message) => deliver(message), errors };
  }
  test("receives what is published, as text or bytes, and delivers what others publish", async () => {
    const { options, sent, deliver, errors } = relay();
    const adapter = crosswsAdapter(options);
    const client = await open(adapter, { resource: "/a" });
    await expect.poll(() => adapter.peers.size).toBe(1);
    adapter.publish("news", { a: 1 });
    adapter.publish("news", Uint8Array.of(1), { namespace: "/a" });
    [...adapter.peers.get("/a")!][0]!.publish("news", "mine");
    expect(sent).toEqual([
      { namespace: "", topic: "news", data: '{"a":1}' },
      { namespace: "/a", topic: "news", data: Uint8Array.of(1) },
      { namespace: "/a", topic: "news", data: "mine" },
    ]);
    deliver({ namespace: "", topic: "news", data: "to all" });
    deliver({ namespace: "/b", topic: "news", data: "to others" });
    deliver({ namespace: "/a", topic: "news", data: "to this" });
    const messages = [];
    for (let i = 0; i < 4; i++) messages.push(await client.message());
    expect(messages).toEqual(['{"a":1}', Uint8Array.of(1), "to all", "to this"]);
    expect(sent).toHaveLength(3);
    expect(errors).toEqual([]);
  });
  test.each([...unfitMemory, ["a symbol", () => Symbol("x")] as const])(
    "is not told of %s: publish throws, whoever subscribes",
    async (_, make) => {
      const { options, sent, errors } = relay();
      const adapter = crosswsAdapter(options);
      expect(() => adapter.publish("news", make())).toThrow(TypeError);
      await open(adapter, { resource: "/a" });
      await expect.poll(() => adapter.peers.size).toBe(1);
      const [peer] = adapter.peers.get("/a")!;
      expect(() => adapter.publish("news", make())).toThrow(TypeError);
      expect(() => peer!.publish("news", make())).toThrow(TypeError);
      expect(() => peer!.send(make())).toThrow(TypeError);
      expect([sent, errors]).toEqual([[], []]);
    },
  );
  test.each<[string, Partial<SyncDriver>, string]>([
    ["to subscribe", { subscribe: () => Promise.reject(new Error("down")) }, "subscribe"],
    ["to publish", { publish: () => Promise.reject(new Error("down")) }, "publish"],
    [
      "to publish, at once",
      {
        publish() {
          throw new Error("down");
        },
      },
      "publish",
    ],
  ])("that fails %s does not affect the publisher", async (_, driver, stage) => {
    const { options, errors } = relay(driver);
    crosswsAdapter(options).publish("news", "hello");
    await expect.poll(() => errors).toEqual([[stage, new Error("down")]]);
  });
  test("whose failure nobody handles is reported to the platform", async () => {
    const { reports } = collectReports();
    const { options } = relay({ subscribe: () => Promise.reject(new Error("down")) });
    const { onError, ...rest } = options;
    crosswsAdapter(rest);
    expect(onError).toBeDefined();
    await expect.poll(() => reports).toMatchObject([{ cause: new Error("down") }]);
  });
  test("is closed with the adapter", async () => {
    let closed = 0;
    const { options } = relay({ close: () => closed++ });
    await crosswsAdapter(options).close();
    expect(closed).toBe(1);
  });
  test("that can't close, as without a network, holds the adapter up for closeTimeoutMs and no longer", async () => {
    const clock = new ManualClock();
    const { options } = relay({ close: () => new Promise(() => {}) });
    let isClosed = false;
    const adapter = crosswsAdapter({ ...options, serverOptions: { clock, closeTimeoutMs: 5_000 } });
    void adapter.close().then(() => (isClosed = true));
    await new Promise((resolve) => adapter.server.once("close", () => resolve(undefined)));
    await clock.advance(4_999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    expect(isClosed).toBe(true);
  });
  test("that fails to close rejects the close of the adapter, and leaves no timer", async () => {
    const timers = countTimers();
    const { options } = relay({ close: () => Promise.reject(new Error("down")) });
    await expect(crosswsAdapter(options).close()).rejects.toThrow("down");
    expect(timers()).toBe(0);
  });
});
