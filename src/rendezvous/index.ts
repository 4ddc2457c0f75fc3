/**
 * Two pages meet over WebRTC, or all pages of a room: by a name, a socket, a port or a pasted code.
 *
 * @module websocket-over/rendezvous
 */
export type { ByteTransport } from "../transports/byteTransport.ts";
export { TransportError, type TransportErrorCode } from "../transports/transportError.ts";
export { answer, invite, type Answer, type CodeOptions, type Invitation } from "./invite.ts";
export { meet, meetings, type ConnectionOptions, type MeetingsOptions, type MeetOptions } from "./meet.ts";
export type { Meeting, MeetingEnd } from "./meeting.ts";
export { RendezvousError, type RendezvousErrorCode } from "./rendezvousError.ts";
export {
  broadcastChannelSignals,
  portSignals,
  sessionSignals,
  webSocketSignals,
  type SignalPort,
  type Signals,
  type SignalSession,
  type SignalSocket,
} from "./signals.ts";
