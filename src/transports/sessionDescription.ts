/** The parts of a session description that data channels need (RFC 8866, RFC 8839, RFC 8841). */

/** The longest description to accept, in characters. One with a dozen candidates has two thousand. */
export const MAX_DESCRIPTION_CHARS: number = 64 * 1024;

/** What ICE needs to know of one end (RFC 8839 §5). */
export interface IceDescription {
  readonly ufrag: string;
  readonly pwd: string;
  /** Each starts with `candidate:`. */
  readonly candidates: readonly string[];
}

/** Returns why a text is not a description of data channels alone; `undefined` if it is one. */
export function faultOf(sdp: string): string | undefined {
  if (sdp.length > MAX_DESCRIPTION_CHARS) return `it has more than ${MAX_DESCRIPTION_CHARS} characters`;
  if (!sdp.startsWith("v=0")) return "it does not start with v=0";
  const media = sdp.match(/^m=.*/gm) ?? [];
  if (media.length !== 1 || !/^m=application \d+ \S*DTLS\/SCTP webrtc-datachannel\s*$/.test(media[0])) {
    return "it has to have one section, m=application … webrtc-datachannel, and no media";
  }
  // With two of them a relay could show one and use the other.
  if (sdp.match(/^a=fingerprint/gim)?.length !== 1 || fingerprintOf(sdp) === undefined) {
    return "it has to have one fingerprint of a certificate";
  }
  return iceOf(sdp) === undefined ? "it has no ice-ufrag and ice-pwd" : undefined;
}

/** Reads the part about ICE, of a description or of a fragment (RFC 8840); `undefined` if there is none. */
export function iceOf(sdp: string): IceDescription | undefined {
  const ufrag = valueOf(sdp, "ice-ufrag");
  const pwd = valueOf(sdp, "ice-pwd");
  // RFC 8839 §5.4
  if (!/^[\w+/-]{4,256}$/.test(ufrag ?? "") || !/^[\w+/-]{22,256}$/.test(pwd ?? "")) return undefined;
  return { ufrag: ufrag!, pwd: pwd!, candidates: candidatesOf(sdp) };
}

export function candidatesOf(sdp: string): string[] {
  return [...sdp.matchAll(/^a=(candidate:.*?)\s*$/gm)].map(([, candidate]) => candidate!);
}

/** Returns the hash and the fingerprint, such as `sha-256 AB:CD:…`, in lower case. */
export function fingerprintOf(sdp: string): string | undefined {
  return valueOf(sdp, "fingerprint")?.toLowerCase();
}

export function valueOf(sdp: string, attribute: string): string | undefined {
  return new RegExp(`^a=${attribute}:(.*?)\\s*$`, "m").exec(sdp)?.[1];
}

/** Replaces the part about ICE. The description keeps everything else, as a restart of ICE demands (RFC 8839 §4.4.1). */
export function withIce(sdp: string, { ufrag, pwd, candidates }: IceDescription): string {
  const lines = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`, ...candidates.map((candidate) => `a=${candidate}`)];
  const rest = sdp.replace(/^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates).*(\r?\n|$)/gm, "");
  return `${rest.trimEnd()}\r\n${lines.join("\r\n")}\r\na=end-of-candidates\r\n`;
}

/** Writes the part about ICE as a fragment (RFC 8840 §9). */
export function fragmentOf(sdp: string): string {
  const section = `m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:${valueOf(sdp, "mid") ?? "0"}`;
  return withIce(section, iceOf(sdp)!);
}
