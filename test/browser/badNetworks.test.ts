/**
 * Conversations over failing transports, each from a seed, in a page: ports, data channels and WebTransport streams.
 */
import { describe, expect, test } from "vitest";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { dataChannelProtocol, dataChannelTransport } from "../../src/transports/webrtc.ts";
import { converseMany } from "../badNetworks/conversation.ts";
import { seedsFor } from "../badNetworks/seeds.ts";
import { negotiate, peerConnections } from "../support/peerConnections.ts";
import { openSession, relayedStreams, servers } from "../support/webTransportClient.ts";

type Ends = readonly [ByteTransport, ByteTransport];

/** Channels of one peer connection, paired in the order in which they are made. */
function overChannels(): () => Promise<Ends> {
  const [near, far] = peerConnections();
  near.createDataChannel("so that there is something to negotiate");
  const negotiated = negotiate(near, far);
  const waiting = new Map<string, (transport: ByteTransport) => void>();
  far.addEventListener("datachannel", ({ channel }) => {
    waiting.get(channel.label)?.(dataChannelTransport(channel, { peerConnection: far }));
    waiting.delete(channel.label);
  });
  let made = 0;
  return async () => {
    await negotiated;
    const label = `${++made}`;
    const there = new Promise<ByteTransport>((resolve) => waiting.set(label, resolve));
    const channel = near.createDataChannel(label, { protocol: dataChannelProtocol });
    const here = dataChannelTransport(channel, { peerConnection: near });
    return [here, await there];
  };
}

const makers: [string, number, () => (() => Promise<Ends>) | Promise<() => Promise<Ends>>][] = [
  ["pipes", 1000, () => () => Promise.resolve(pipe())],
  [
    "message ports",
    1000,
    () => () => {
      const { port1, port2 } = new MessageChannel();
      return Promise.resolve([messagePortTransport(port1), messagePortTransport(port2)]);
    },
  ],
  ["data channels", 1000, overChannels],
];
if (servers !== null) {
  makers.push([
    "streams of WebTransport",
    1000,
    async () => {
      const session = await openSession(servers!.relayPort);
      return () => relayedStreams(session);
    },
  ]);
}

describe("every confirmed message arrives once and in order, or its sender learns that it may not have", () => {
  test.each(makers)("over %s", { timeout: 3_600_000 }, async (_, count, make) => {
    const seeds = seedsFor(count);
    const counts = await converseMany(seeds, 8, await make());
    expect([...counts.values()].reduce((sum, each) => sum + each, 0)).toBe(seeds.length);
  });
});
