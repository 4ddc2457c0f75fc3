/** The WebRTC entry: names only. */
export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";
export { dataChannelProtocol, dataChannelTransport, type DataChannelOptions } from "./webrtcChannel.ts";
export { incomingChannels, type IncomingChannelsOptions } from "./webrtcIncoming.ts";
