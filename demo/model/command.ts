/** What the user can make an end do, as plain data for workers, scenarios and links. */
import { LocalProtocolError, type ConnectionRequested, type Signal, type WSConnection } from "../../src/index.ts";

export type Command =
  | {
      readonly do: "send";
      readonly data: string | Uint8Array<ArrayBuffer>;
      readonly final?: boolean;
      readonly compress?: boolean | undefined;
    }
  | { readonly do: "ping" | "pong"; readonly payload: string | Uint8Array<ArrayBuffer> }
  | { readonly do: "close"; readonly code?: number | undefined; readonly reason?: string }
  | { readonly do: "accept"; readonly subprotocol?: string | undefined }
  | { readonly do: "reject"; readonly status: number; readonly body: string };

/** The life-cycle signal of each command. */
export const signalOf: Readonly<Record<Command["do"], Signal>> = {
  send: "sendMessage",
  ping: "sendPing",
  pong: "sendPong",
  close: "sendClose",
  accept: "accept",
  reject: "reject",
};

/** Executes the command. Throws what the connection throws. */
export function perform(connection: WSConnection, request: ConnectionRequested | undefined, command: Command): void {
  switch (command.do) {
    case "send":
      connection.sendData(
        command.data,
        command.final,
        command.compress === undefined ? {} : { compress: command.compress },
      );
      break;
    case "ping":
      connection.ping(bytesOf(command.payload));
      break;
    case "pong":
      connection.pong(bytesOf(command.payload));
      break;
    case "close":
      connection.close(command.code, command.reason);
      break;
    case "accept":
      connection.accept(awaited(request), { subprotocol: command.subprotocol });
      break;
    case "reject":
      connection.reject(awaited(request), { status: command.status, body: command.body });
      break;
  }
}

function bytesOf(payload: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
}

function awaited(request: ConnectionRequested | undefined): ConnectionRequested {
  if (request === undefined)
    throw new LocalProtocolError("no request is waiting for an answer", { code: "unknownRequest" });
  return request;
}
