/** The relay of the guide to pages that meet, with peers on Node. */
import { RTCPeerConnection as NodePeerConnection } from "node-datachannel/polyfill";
import { expect, onTestFinished, test } from "vitest";
import { meet, webSocketSignals, type Meeting } from "../../src/rendezvous/index.ts";
import { connect, serve } from "../../src/stream/index.ts";
import { startExample } from "../support/runExample.ts";

test("two peers of a room meet through the relay, and not those of another room", { timeout: 90_000 }, async () => {
  const relay = startExample("examples/rendezvous/relay.ts", [], { PORT: "0" });
  onTestFinished(() => relay.stop());
  const url = `ws://127.0.0.1:${await relay.port()}`;
  const join = async (room: string, signal?: AbortSignal): Promise<Meeting> =>
    await meet(webSocketSignals(new WebSocket(url + room)), {
      makePeerConnection: () => new NodePeerConnection() as unknown as RTCPeerConnection,
      signal,
    });

  const left = new AbortController();
  const alone = join("/another", left.signal);
  const [ada, bob] = await Promise.all([join("/room"), join("/room")]);
  expect(ada.fingerprint).toBe(bob.fingerprint);
  void serve(bob.incoming, async (request) => (await request.accept()).send("hello"));
  const session = await connect(ada.dial(), { url: "ws://peer/" });
  expect(await session.receive()).toBe("hello");
  await session.close();

  left.abort(new Error("nobody came"));
  await expect(alone).rejects.toThrow("nobody came");
  ada.close();
  await bob.closed;
});
