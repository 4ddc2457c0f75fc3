/** A peer connection that obeys the rules of signalling and connects to nothing: the test says how it fares. */
import { CountedTarget, FakeChannel } from "./fakeCarriers.ts";

const FINGERPRINT = Array(32).fill("AB").join(":");

export function fakeDescription(type: "offer" | "answer", ufrag = "ufrg"): string {
  return [
    "v=0",
    "o=- 1 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `m=application 9 UDP/DTLS/SCTP webrtc-datachannel`,
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${ufrag}`,
    "a=ice-pwd:0123456789abcdefghijkl",
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${type === "offer" ? "actpass" : "active"}`,
    "a=mid:0",
    "a=sctp-port:5000",
    "a=candidate:1 1 udp 2122260223 192.0.2.1 40000 typ host",
    "a=end-of-candidates",
    "",
  ].join("\r\n");
}

export class FakePeerConnection extends CountedTarget {
  readonly channels: FakeChannel[] = [];
  readonly sctp = null;
  iceGatheringState: RTCIceGatheringState = "complete";
  connectionState: RTCPeerConnectionState = "new";
  signalingState: RTCSignalingState = "stable";
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  closes = 0;
  #offers = 0;

  createDataChannel(_label: string, { protocol = "" }: RTCDataChannelInit = {}): FakeChannel {
    const channel = new FakeChannel(protocol);
    this.channels.push(channel);
    return channel;
  }

  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: "offer", sdp: fakeDescription("offer", `ofr${this.#offers++}`) });
  }

  createAnswer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: "answer", sdp: fakeDescription("answer", `ans${this.#offers++}`) });
  }

  async setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.#step(description.type, "local");
    if (description.type !== "rollback") this.localDescription = description;
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.#step(description.type, "remote");
    this.remoteDescription = description;
  }

  /** Says how the connection fares. Its channels open with it. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
    if (state === "connected")
      for (const channel of this.channels) if (channel.readyState === "connecting") channel.open();
  }

  close(): void {
    this.closes++;
    this.connectionState = "closed";
    this.signalingState = "closed";
    for (const channel of this.channels) channel.lose();
  }

  /** webrtc-pc §4.4.1.5 */
  #step(type: RTCSdpType, from: "local" | "remote"): void {
    const offered = `have-${from}-offer` as const;
    const awaited = from === "local" ? "have-remote-offer" : "have-local-offer";
    if (type === "offer" && this.signalingState === "stable") this.signalingState = offered;
    else if (type === "answer" && this.signalingState === awaited) this.signalingState = "stable";
    else if (type === "rollback" && this.signalingState === offered) this.signalingState = "stable";
    else throw new DOMException(`${type} in ${this.signalingState}`, "InvalidStateError");
  }
}
