/** Two peer connections in this page, connected to each other. */

export interface Peers<End> {
  readonly near: End;
  readonly far: End;
  readonly close: () => void;
}

/** `make` is called at once with each end of the channel and its connection. */
export async function connectPeers<End>(
  options: RTCDataChannelInit,
  make: (channel: RTCDataChannel, given: { readonly peerConnection: RTCPeerConnection }) => End,
): Promise<Peers<End>> {
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined);
  other.onicecandidate = ({ candidate }) => void one.addIceCandidate(candidate ?? undefined);
  const arrived = new Promise<End>((resolve) => {
    other.ondatachannel = ({ channel }) => resolve(make(channel, { peerConnection: other }));
  });
  const near = make(one.createDataChannel("playground", options), { peerConnection: one });
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription!);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription!);
  const close = (): void => {
    one.close();
    other.close();
  };
  return { near, far: await arrived, close };
}
