/** On the server: one document for each path, for the streams of every session that comes. */
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint, type Encoder } from "lib0/encoding";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import { Doc } from "yjs";
import { WebSocketServer, type Peer, type WebSocketServerOptions } from "websocket-over/server";
import { incoming, type WebTransportSession } from "websocket-over/webtransport";

const SYNC = 0; // of y-websocket's kinds of messages; the others tell who else is there

class Room {
  readonly #doc = new Doc();
  readonly #peers = new Set<Peer>();

  constructor() {
    this.#doc.on("update", (update: Uint8Array) => {
      const message = syncMessage((encoder) => writeUpdate(encoder, update));
      for (const peer of this.#peers) peer.send(message);
    });
  }

  join(peer: Peer): void {
    this.#peers.add(peer);
    peer.on("close", () => this.#peers.delete(peer));
    peer.binaryType = "arraybuffer";
    peer.on("message", (data) => {
      const decoder = createDecoder(new Uint8Array(data as ArrayBuffer));
      if (readVarUint(decoder) === SYNC) {
        const answer = syncMessage((encoder) => readSyncMessage(decoder, encoder, this.#doc, peer));
        if (answer.length > 1) peer.send(answer);
      } else {
        for (const other of this.#peers) if (other !== peer) other.send(data);
      }
    });
    peer.send(syncMessage((encoder) => writeSyncStep1(encoder, this.#doc)));
  }
}

function syncMessage(write: (encoder: Encoder) => void): Uint8Array<ArrayBuffer> {
  const encoder = createEncoder();
  writeVarUint(encoder, SYNC);
  write(encoder);
  return new Uint8Array(toUint8Array(encoder));
}

export function documentServer(options: WebSocketServerOptions): (session: WebTransportSession) => Promise<void> {
  const rooms = new Map<string, Room>();
  const server = new WebSocketServer(options); // with `origins: ["https://app.example"]`: whose pages may connect
  server.on("connection", (peer, { url }) => {
    const room = rooms.get(url) ?? new Room();
    rooms.set(url, room);
    room.join(peer);
  });
  return (session) => server.serve(incoming(session));
}
