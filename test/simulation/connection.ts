/** One connection of a world: its link, both ends, and how it opened. */
import type { WebSocketSession } from "../../src/stream/index.ts";
import type { End } from "./laws.ts";
import type { Link } from "./network.ts";

export interface Connection {
  readonly index: number;
  readonly link: Link;
  readonly client: End;
  readonly server: End;
  /** User code of one of the sides fails, or may. */
  readonly tampered: boolean;
  /** A limit of one of the sides may end it, or a hook. */
  readonly strict: boolean;
  /** How the opening ended for the client; a number is the status of a refusal. */
  clientOutcome: "opened" | "failed" | number | undefined;
  clientGaveUp: boolean;
  /** The server's session, where it has one. */
  session?: WebSocketSession;
  /** What becomes of a session that the application gets after its server has stopped. */
  onSession?: (session: WebSocketSession) => void;
  /** The handler never settles. */
  handlerHangs?: boolean;
  handshakeDueMs: number;
  /** When the server's application did what has to be answered with a refusal, and what that was. */
  refusal: { readonly atMs: number; readonly why: string; readonly status: number } | undefined;
  /** The same, for what has to be answered with a Close frame. */
  closeDue?: { readonly atMs: number; readonly why: string; readonly code: number };
  /** The handler has been called, and has not settled. */
  handling?: boolean;
  /** The application has the request, and thinks about it. */
  asked?: boolean;
  /** The application never answers the request. */
  neverAnswered?: boolean;
}
