/** Data channels of libdatachannel, in Node: the contract of transports, and differences from a browser's. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { connectedPair, type ConnectedPair } from "../support/nodePeerConnections.ts";
import { contract, pause } from "../transports/contract.ts";

const OURS = { protocol: dataChannelProtocol };

/** Most tests share one connection: some connect only when ICE tries again, after a second. */
let shared: ConnectedPair;
beforeAll(async () => {
  shared = await connectedPair();
});
afterAll(() => shared.close());

contract("a data channel of libdatachannel", () => shared.open(OURS, dataChannelTransport), {
  heldBytes: 2 * 1024 * 1024,
  timeoutMs: 60_000,
});

describe("a channel of libdatachannel", () => {
  test("answers a peer that repeats its end message 20,000 times only once", async () => {
    const made: RTCDataChannel[] = [];
    await shared.open(OURS, (channel) => void made.push(channel));
    const [peer, own] = made as [RTCDataChannel, RTCDataChannel];
    const came: unknown[] = [];
    peer.addEventListener("message", ({ data }) => came.push(data));
    const { readable } = dataChannelTransport(own);
    await expect.poll(() => peer.readyState).toBe("open");
    for (let i = 0; i < 20_000; i++) peer.send("end");
    expect(await readable.getReader().read()).toMatchObject({ done: true });
    await expect.poll(() => peer.bufferedAmount).toBe(0);
    await expect.poll(() => came.length).toBeGreaterThanOrEqual(2);
    await pause(50);
    expect(came.sort()).toEqual(["grant 2031616", "heard"]);
  });
  test.each([OURS, { protocol: "" }])("that is already closed fails at once: %o", async (init) => {
    const [near] = await shared.open(init, (channel) => channel);
    const closed = new Promise((resolve) => near.addEventListener("close", resolve));
    near.close();
    await closed;
    const transport = dataChannelTransport(near);
    await expect(transport.readable.getReader().read()).rejects.toMatchObject({ code: "neverOpened" });
    await transport.closed;
    transport.close!();
  });
  test.each([OURS, { protocol: "" }])("whose connection is closed settles everything: %o", async (init) => {
    const own = await connectedPair();
    const [near, far] = await own.open(init, dataChannelTransport);
    const waiting = [near.readable.getReader().read(), far.readable.getReader().read()];
    for (const { writable } of [near, far]) waiting.push(writable.getWriter().closed as Promise<never>);
    own.close();
    await Promise.allSettled([...waiting, near.closed, far.closed]);
    for (const transport of [near, far]) transport.close!();
  });
});
