/** A client in the page and its server elsewhere: in a worker, a frame, another page, over a port or a data channel. */
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/stream/index.ts";
import { messagePortTransport, type ByteTransport } from "../../src/transports/messagePort.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { negotiate, peerConnections } from "../support/peerConnections.ts";
import { pattern, pause } from "../transports/contract.ts";

const SERVER = new URL("./echoServer.ts", import.meta.url);
const PAGE = new URL("./echoPage.html", import.meta.url).href;

function dedicatedWorker(): Worker {
  const worker = new Worker(new URL("./echoServer.ts", import.meta.url), { type: "module" });
  onTestFinished(() => worker.terminate());
  return worker;
}

/** Transfers one port, and keeps the other as a transport. */
function overPort(give: (port: MessagePort) => void): ByteTransport {
  const { port1, port2 } = new MessageChannel();
  const transport = messagePortTransport(port1);
  give(port2);
  return transport;
}

async function frame(src: string): Promise<Window> {
  const element = document.createElement("iframe");
  element.src = src;
  onTestFinished(() => element.remove());
  const loaded = new Promise((resolve) => element.addEventListener("load", resolve));
  document.body.append(element);
  await loaded;
  return element.contentWindow!;
}

/** Sends text, bytes, a ping, and more than any window at once, and closes. */
async function exercise(transport: ByteTransport): Promise<void> {
  const client = await connect(transport);
  for (const message of ["héllo", pattern(0, 3), pattern(0, 1_000_000)]) {
    await client.send(message);
    expect(await client.receive()).toEqual(message);
  }
  expect(await client.ping()).toBeGreaterThanOrEqual(0);
  const sending = (async () => {
    for (let i = 0; i < 64; i++) await client.send(pattern(i, 65_536));
  })();
  for (let i = 0; i < 64; i++) expect(await client.receive()).toEqual(pattern(i, 65_536));
  await sending;
  expect(await client.close({ closeCode: 4001, reason: "done" })).toMatchObject({ closeCode: 4001, reason: "done" });
  await transport.closed;
}

describe("over a message port, with the server in", { timeout: 30_000 }, () => {
  test("a dedicated worker", async () => {
    const worker = dedicatedWorker();
    await exercise(overPort((port) => worker.postMessage(port, [port])));
  });
  test("a shared worker, whose port serves", async () => {
    const shared = new SharedWorker(SERVER, { type: "module", name: crypto.randomUUID() });
    await exercise(messagePortTransport(shared.port));
  });
  test("a frame", async () => {
    const window = await frame(PAGE);
    await exercise(overPort((port) => window.postMessage(port, "*", [port])));
  });
  test("a frame from another origin", async () => {
    const url = new URL(PAGE);
    url.hostname = url.hostname === "localhost" ? "127.0.0.1" : "localhost";
    const window = await frame(url.href);
    await exercise(overPort((port) => window.postMessage(port, "*", [port])));
  });
  test("another page, through a port that a service worker passes on", async () => {
    const relay = new URL("./relayServiceWorker.ts", import.meta.url);
    const registration = await navigator.serviceWorker.register(relay, { type: "module" });
    onTestFinished(() => void registration.unregister());
    await expect.poll(() => registration.active?.state, { timeout: 10_000 }).toBe("activated");
    const page = open(PAGE)!;
    onTestFinished(() => page.close());
    await new Promise((resolve) => page.addEventListener("load", resolve));
    await exercise(overPort((port) => registration.active!.postMessage(port, [port])));
  });
});

test("a BroadcastChannel can't transfer a port, so it can't connect pages", () => {
  const channel = new BroadcastChannel("test");
  const { port1 } = new MessageChannel();
  expect(() => channel.postMessage(port1)).toThrow(DOMException);
  channel.close();
});

test("a signal reports that a worker was terminated", async () => {
  const worker = dedicatedWorker();
  const { port1, port2 } = new MessageChannel();
  const gone = new AbortController();
  const transport = messagePortTransport(port1, { signal: gone.signal });
  worker.postMessage(port2, [port2]);
  const client = await connect(transport);
  await client.send("are you there?");
  expect(await client.receive()).toBe("are you there?");
  let isOver = false;
  const receiving = client.receive().finally(() => (isOver = true));
  receiving.catch(() => undefined);
  worker.terminate();
  await pause(200);
  // Chromium has no `close` event of ports; where there is one, the transport has failed by now.
  expect(isOver).toBe("onclose" in MessagePort.prototype);
  gone.abort(new Error("it was terminated"));
  await expect(receiving).rejects.toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  await transport.closed;
});

describe("over a data channel that was transferred to a worker", { timeout: 30_000 }, () => {
  const init = { protocol: dataChannelProtocol };
  test("when the peer opened it", async () => {
    const worker = dedicatedWorker();
    const [near, far] = peerConnections();
    far.addEventListener("datachannel", ({ channel }) => worker.postMessage(channel, [channel as never]));
    const transport = dataChannelTransport(near.createDataChannel("test", init));
    await negotiate(near, far);
    await exercise(transport);
  });
  test("when it was just created", async () => {
    const worker = dedicatedWorker();
    const [near, far] = peerConnections();
    const channel = near.createDataChannel("test", init);
    worker.postMessage(channel, [channel as never]);
    const transport = new Promise<ByteTransport>((resolve) =>
      far.addEventListener("datachannel", (event) => resolve(dataChannelTransport(event.channel))),
    );
    await negotiate(near, far);
    await exercise(await transport);
  });
  test("and the end of the page's connection is reported like any other", async () => {
    const worker = dedicatedWorker();
    const [near, far] = peerConnections();
    far.addEventListener("datachannel", ({ channel }) => worker.postMessage(channel, [channel as never]));
    const transport = dataChannelTransport(near.createDataChannel("test", init));
    await negotiate(near, far);
    const client = await connect(transport);
    far.close();
    await expect(client.receive()).rejects.toMatchObject({ closeCode: 1006, cause: { code: "lost" } });
  });
});
