/** Two peer connections in one page, without servers. */
import { onTestFinished } from "vitest";

/** Connected as soon as a channel exists on one of them and `negotiate` was called. Closed when the test ends. */
export function peerConnections(): [RTCPeerConnection, RTCPeerConnection] {
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.addEventListener("icecandidate", ({ candidate }) => void to.addIceCandidate(candidate).catch(() => undefined));
    onTestFinished(() => from.close());
  }
  return [near, far];
}

/** `edit` changes the far end's description. */
export async function negotiate(
  near: RTCPeerConnection,
  far: RTCPeerConnection,
  edit = (sdp: string): string => sdp,
): Promise<void> {
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription!);
  await far.setLocalDescription();
  const { type, sdp } = far.localDescription!;
  await near.setRemoteDescription({ type, sdp: edit(sdp) });
}

/**
 * The two ends of a new channel, each passed to its function in the first task in which it can have listeners. Resolves
 * when the far end has received something or after 100 ms, because its first messages may be lost (Chromium 156).
 */
export async function channels<Near, Far>(
  init: RTCDataChannelInit,
  atNear: (channel: RTCDataChannel) => Near,
  atFar: (channel: RTCDataChannel) => Far,
): Promise<[Near, Far, near: RTCPeerConnection, far: RTCPeerConnection]> {
  const [near, far] = peerConnections();
  const there = new Promise<Far>((resolve) =>
    far.addEventListener("datachannel", ({ channel }) => {
      const made = atFar(channel);
      const settle = (): void => resolve(made);
      channel.addEventListener("message", settle, { once: true });
      setTimeout(settle, 100);
    }),
  );
  const here = atNear(near.createDataChannel("test", init));
  await negotiate(near, far);
  return [here, await there, near, far];
}
