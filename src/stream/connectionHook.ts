/** The way to the connection inside a session, a socket or a peer: for those who observe it, such as a tap. */
import type { ConnectionOptions, WSConnection } from "../connection/wsConnection.ts";

export interface ConnectionHook {
  /**
   * Is given the connection before its first byte, and the options that it was made with: `tap` of `./inspect` takes
   * both. Whoever acts on the connection does so behind the back of what runs it. What it throws, the caller gets.
   */
  readonly onConnection?: ((connection: WSConnection, options: ConnectionOptions) => void) | undefined;
}
