/** Conversations between two of our ends, whose bytes are captured. */
import { permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";
import { WSConnection, type ConnectionOptions, type WSEvent } from "../../src/index.ts";
import { join, type Bytes } from "../support/wire.ts";

export interface Conversation {
  readonly client: WSConnection;
  readonly server: WSConnection;
  /** All that each has sent. */
  readonly sent: { client: Bytes; server: Bytes };
  /** Carries bytes to the other end until none are queued. Returns the events of both. */
  carry: () => { client: WSEvent[]; server: WSEvent[] };
}

/** The two ends, not yet introduced. `random` is a counter, so that the bytes are the same each time. */
export function converse(client: ConnectionOptions = {}, server: ConnectionOptions = {}): Conversation {
  return between(
    new WSConnection("client", { host: "example.com", resource: "/chat", random: counter(), ...client }),
    new WSConnection("server", server),
  );
}

export function between(client: WSConnection, server: WSConnection): Conversation {
  const sent = { client: new Uint8Array(0), server: new Uint8Array(0) };
  return {
    client,
    server,
    sent,
    carry() {
      const told: { client: WSEvent[]; server: WSEvent[] } = { client: [], server: [] };
      for (;;) {
        const request = client.bytesToSend();
        const answer = server.bytesToSend();
        sent.client = join(sent.client, request);
        sent.server = join(sent.server, answer);
        if (request.length > 0) server.receiveBytes(request.slice());
        if (answer.length > 0) client.receiveBytes(answer.slice());
        for (const event of server.events()) {
          told.server.push(event);
          if (event.type === "connectionRequested") server.accept(event);
        }
        told.client.push(...client.events());
        if (client.bufferedAmount + server.bufferedAmount === 0) return told;
      }
    },
  };
}

/** Fills bytes with 1, 2, 3 …, going round. */
export function counter(): (bytes: Uint8Array<ArrayBuffer>) => void {
  let next = 1;
  return (bytes) => bytes.forEach((_, i) => (bytes[i] = next++ & 0xff));
}

/** Both ends with permessage-deflate. */
export function compressed(options: DeflateOptions = {}): Conversation {
  const extensions = [permessageDeflate(options)];
  return converse({ extensions }, { extensions });
}
