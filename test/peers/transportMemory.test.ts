/** What ended transports keep while their session, signal or server lives on. Measured in Node. */
import { describe, expect, test } from "vitest";
import { incomingChannels } from "../../src/transports/webrtc.ts";
import { dial, incoming } from "../../src/transports/webTransport.ts";
import { FakeConnection } from "../support/fakeCarriers.ts";
import { FakeSession, fakeStream } from "../support/fakeSession.ts";
import { bytesLeftEach } from "../support/heap.ts";

describe("a WebTransport session retains nothing of", () => {
  test("a stream that was dialled and has ended", async () => {
    const session = new FakeSession();
    const each = await bytesLeftEach(10_000, async () => {
      const transport = await dial(session);
      await transport.writable.close();
      await transport.readable.cancel();
    });
    expect(each).toBeLessThan(100);
    session.end(undefined);
  });
  test("a stream that failed and asked the session for the cause", async () => {
    const session = new FakeSession();
    session.createBidirectionalStream = () => {
      const { stream, reading } = fakeStream({ ended: false });
      setTimeout(() => reading.error(new Error("why?")), 1);
      return Promise.resolve(stream);
    };
    const failOne = async (): Promise<void> => {
      const transport = await dial(session);
      const failure: unknown = await transport.readable
        .getReader()
        .read()
        .catch((error: unknown) => error);
      if ((failure as { code: unknown }).code !== "reset") throw failure;
      transport.close!();
    };
    const failMany = (): Promise<unknown> => Promise.all(Array.from({ length: 1000 }, failOne));
    expect(await bytesLeftEach(5, failMany, 2)).toBeLessThan(20_000);
    session.end(undefined);
  });
  test("a dial that a signal stopped, ready or not", async () => {
    for (const isReady of [true, false]) {
      const session = new FakeSession(isReady);
      session.createBidirectionalStream = () => new Promise(() => undefined);
      const each = await bytesLeftEach(10_000, async () => {
        const giveUp = new AbortController();
        const dialled = dial(session, { signal: giveUp.signal });
        await Promise.resolve();
        giveUp.abort("enough");
        await dialled.catch(() => undefined);
      });
      expect(each).toBeLessThan(100);
      session.end(undefined);
    }
  });
  test("a signal retains nothing of a completed dial", async () => {
    const session = new FakeSession();
    const { signal } = new AbortController();
    const each = await bytesLeftEach(10_000, async () => {
      (await dial(session, { signal })).close!();
    });
    expect(each).toBeLessThan(100);
    session.end(undefined);
  });
  test("an incoming stream that has ended", async () => {
    const session = new FakeSession();
    const streams = incoming(session);
    const each = await bytesLeftEach(10_000, async () => {
      session.bring(fakeStream().stream);
      const { value } = (await streams.next()) as { value: Awaited<ReturnType<typeof dial>> };
      await value.writable.close();
      await value.readable.cancel();
    });
    expect(each).toBeLessThan(100);
    session.end(undefined);
  });
});

test("a peer connection retains nothing of an incoming channel that has ended", async () => {
  const connection = new FakeConnection();
  const channels = incomingChannels(connection as unknown as RTCPeerConnection);
  const each = await bytesLeftEach(10_000, async () => {
    const channel = connection.announce();
    await channels.next();
    channel.lose();
  });
  expect(each).toBeLessThan(100);
  await channels.return!();
});
