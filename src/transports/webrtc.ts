/**
 * Data channels as byte transports, and a WebRTC server that a client reaches with one POST, both sides.
 *
 * @module websocket-over/webrtc
 */
export type { ByteTransport } from "./byteTransport.ts";
export { DialError, type DialErrorCode } from "./dialError.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";
export { answerWebRTC, type AnswerOptions, type WebRTCAnswer } from "./webrtcAnswer.ts";
export { dataChannelProtocol, dataChannelTransport, type DataChannelOptions } from "./webrtcChannel.ts";
export { webRTCDial, type WebRTCDial, type WebRTCDialOptions } from "./webrtcDial.ts";
export { webRTCEndpoint, type EndpointOptions, type WebRTCEndpoint } from "./webrtcEndpoint.ts";
export { incomingChannels, type IncomingChannelsOptions } from "./webrtcIncoming.ts";
