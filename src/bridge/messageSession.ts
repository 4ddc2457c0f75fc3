/** The members of a session that whole messages need, whatever carries them. */
import type { SendOptions } from "../core/messageWriter.ts";
import type { Abortable } from "../stream/abortable.ts";
import type { Message } from "../stream/incomingMessages.ts";
import type { WebSocketSession } from "../stream/session.ts";

/**
 * An open WebSocket, in the shape of `WebSocketSession`.
 *
 * @see {@link bridgeMessages}
 */
export interface MessageSession
  extends
    AsyncDisposable,
    AsyncIterable<Message>,
    Pick<WebSocketSession, "protocol" | "extensions" | "closed" | "readable" | "writable" | "receive" | "close"> {
  /** Sends a message. Resolves as soon as there is room for the next one. */
  send(message: string | BufferSource, options?: Pick<SendOptions, "handOver"> & Abortable): Promise<void>;
}
