/** Two peer connections of libdatachannel in one process of Node, without servers. */
import { RTCPeerConnection as Polyfill } from "node-datachannel/polyfill";

export interface ConnectedPair {
  readonly near: RTCPeerConnection;
  readonly far: RTCPeerConnection;
  /** Opens a channel. Calls `make` with each end as soon as that end can have listeners. */
  open<Made>(init: RTCDataChannelInit, make: (channel: RTCDataChannel) => Made): Promise<[near: Made, far: Made]>;
  close(): void;
}

/**
 * Leaves the candidates out. They follow once both ends have the descriptions, because version 0.33 refuses some before
 * that.
 */
function bare({ type, sdp }: RTCSessionDescription): RTCSessionDescriptionInit {
  return { type, sdp: sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, "") };
}

export async function connectedPair(): Promise<ConnectedPair> {
  const [near, far] = [new Polyfill(), new Polyfill()] as unknown as [RTCPeerConnection, RTCPeerConnection];
  const early: (() => void)[] = [];
  let isAnswered = false;
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.addEventListener("icecandidate", (event) => {
      const { candidate } = event;
      const add = (): void => void to.addIceCandidate(candidate).catch(() => undefined);
      if (candidate === null) return;
      if (isAnswered) add();
      else early.push(add);
    });
  }
  let made = 0;
  const awaited = new Map<string, (channel: RTCDataChannel) => void>();
  far.addEventListener("datachannel", (event) => {
    const { channel } = event;
    awaited.get(channel.label)?.(channel);
    awaited.delete(channel.label);
  });
  async function open<Made>(
    init: RTCDataChannelInit,
    make: (channel: RTCDataChannel) => Made,
  ): Promise<[near: Made, far: Made]> {
    const label = `${made++}`;
    const there = new Promise<Made>((resolve) => awaited.set(label, (channel) => resolve(make(channel))));
    const here = make(near.createDataChannel(label, init));
    return [here, await there];
  }
  const first = open({}, (channel) => channel); // so that there is something to negotiate
  await near.setLocalDescription(await near.createOffer());
  await far.setRemoteDescription(bare(near.localDescription!));
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(bare(far.localDescription!));
  isAnswered = true;
  for (const add of early) add();
  await first;
  return {
    near,
    far,
    open,
    close() {
      near.close();
      far.close();
    },
  };
}
