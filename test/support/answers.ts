/** A server for clients that try everything: it echoes, or does what the request's path says. */
import type { RequestHandler, WebSocketSession } from "../../src/stream/index.ts";
import { WebSocketError } from "../../src/stream/index.ts";

/** What happens on the WebSockets of a path. Any other path echoes. */
export type Answers = Readonly<Record<string, (socket: WebSocketSession) => Promise<void>>>;

/**
 * Answers the WebSockets of one server: `/close` and `/drop` end at the first message, with a Close or abruptly; `/ping`
 * answers each message with the round trip of a Ping; `/ends` reports how the WebSockets of a path have ended, as seen
 * by the server.
 */
export function answers(more: Answers = {}): RequestHandler {
  const ends = new Map<string, string>();
  const all: Answers = {
    async "/close"(socket) {
      await socket.receive();
      await socket.close({ closeCode: 4001, reason: "the server's word" });
    },
    async "/drop"(socket) {
      await socket.receive();
      await socket.close({ signal: AbortSignal.abort() });
    },
    async "/ping"(socket) {
      for (;;) {
        if ((await socket.receive()) === undefined) return;
        await socket.send(String(await socket.ping()));
      }
    },
    async "/ends"(socket) {
      for await (const path of socket) await socket.send(ends.get(String(path)) ?? "still open");
    },
    ...more,
  };
  return async (request) => {
    const { target } = request;
    const socket = await request.accept({ subprotocol: request.subprotocols[0] });
    void socket.closed.then(
      ({ closeCode, reason }) => ends.set(target, `closed ${closeCode} ${reason}`),
      (error: unknown) => ends.set(target, error instanceof WebSocketError ? describe(error) : String(error)),
    );
    await (all[target] ?? echo)(socket);
  };
}

async function echo(socket: WebSocketSession): Promise<void> {
  for await (const message of socket) await socket.send(message);
}

/** What the application receives, and the error of the transport. */
function describe({ closeCode, cause }: WebSocketError): string {
  return `failed ${closeCode} ${(cause as { code?: string } | undefined)?.code ?? "without a fault"}`;
}
