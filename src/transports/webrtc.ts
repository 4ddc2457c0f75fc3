/** The WebRTC entry. Only re-exports. */
export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";
export { dataChannelProtocol, dataChannelTransport, type DataChannelOptions } from "./webrtcChannel.ts";
export { incomingChannels, type IncomingChannelsOptions } from "./webrtcIncoming.ts";
