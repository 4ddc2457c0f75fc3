/** Two peer connections in this page, connected to each other. */

export interface Peers<End> {
  readonly near: End;
  readonly far: End;
  readonly close: () => void;
}

/** How long a channel in this page may take to open, in milliseconds. */
const OPEN_MS = 5000;

/**
 * `make` is given each end of the channel at once, with its connection. Rejects if the channel does not open in time: a
 * browser without a network, or with one that it does not show to pages, finds no way from one to the other.
 */
export async function connectPeers<End>(
  options: RTCDataChannelInit,
  make: (channel: RTCDataChannel, given: { readonly peerConnection: RTCPeerConnection }) => End,
): Promise<Peers<End>> {
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  const close = (): void => {
    one.close();
    other.close();
  };
  one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined);
  other.onicecandidate = ({ candidate }) => void one.addIceCandidate(candidate ?? undefined);
  const arrived = new Promise<End>((resolve) => {
    other.ondatachannel = ({ channel }) => resolve(make(channel, { peerConnection: other }));
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = "no way from this page to itself: it needs a network interface, and no extension that hides it";
    const error = new Error(`The data channel did not open in ${OPEN_MS / 1000} seconds. WebRTC found ${why}.`);
    timer = setTimeout(() => reject(error), OPEN_MS);
  });
  late.catch(() => undefined); // the race below may be over
  try {
    const near = make(one.createDataChannel("playground", options), { peerConnection: one });
    await one.setLocalDescription();
    await other.setRemoteDescription(one.localDescription!);
    await other.setLocalDescription();
    await one.setRemoteDescription(other.localDescription!);
    return { near, far: await Promise.race([arrived, late]), close };
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
