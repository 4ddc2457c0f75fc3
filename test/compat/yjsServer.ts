/** A y-websocket server with the calls of its `setupWSConnection`. That package can't be installed beside Yjs 13. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import { Doc } from "yjs";

const SYNC = 0;
const AWARENESS = 1;

interface Room {
  readonly doc: Doc;
  readonly awareness: Awareness;
  readonly peers: Map<WsPeer, Set<number>>;
}

/** Serves one document for each path, and pings as often as `pingMs` says. Returns what stops it. */
export function serveYjs(server: WebSocketServer, pingMs = 30_000): () => void {
  const rooms = new Map<string, Room>();
  const pinging = new Set<NodeJS.Timeout>();

  server.on("connection", (peer, { url }) => {
    const room = rooms.get(url!) ?? makeRoom();
    rooms.set(url!, room);
    const { doc, awareness, peers } = room;
    peer.binaryType = "arraybuffer";
    peers.set(peer, new Set());
    peer.on("message", (message: ArrayBuffer) => {
      const decoder = decoding.createDecoder(new Uint8Array(message));
      const kind = decoding.readVarUint(decoder);
      if (kind === AWARENESS) {
        applyAwarenessUpdate(awareness, decoding.readVarUint8Array(decoder), peer);
        return;
      }
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, SYNC);
      readSyncMessage(decoder, encoder, doc, peer);
      if (encoding.length(encoder) > 1) send(room, peer, encoding.toUint8Array(encoder));
    });

    let ponged = true;
    const timer = setInterval(() => {
      if (!ponged) close(room, peer);
      else {
        ponged = false;
        peer.ping();
      }
    }, pingMs);
    pinging.add(timer);
    peer.on("pong", () => (ponged = true));
    peer.on("close", () => {
      clearInterval(timer);
      close(room, peer);
    });

    const first = encoding.createEncoder();
    encoding.writeVarUint(first, SYNC);
    writeSyncStep1(first, doc);
    send(room, peer, encoding.toUint8Array(first));
    const present = [...awareness.getStates().keys()];
    if (present.length > 0) send(room, peer, awarenessMessage(awareness, present));
  });

  return () => {
    for (const timer of pinging) clearInterval(timer);
    for (const { awareness, doc } of rooms.values()) {
      awareness.destroy();
      doc.destroy();
    }
  };
}

function makeRoom(): Room {
  const doc = new Doc();
  const room: Room = { doc, awareness: new Awareness(doc), peers: new Map() };
  room.awareness.setLocalState(null);
  doc.on("update", (update: Uint8Array) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    writeUpdate(encoder, update);
    for (const peer of room.peers.keys()) send(room, peer, encoding.toUint8Array(encoder));
  });
  room.awareness.on("update", (changes: Record<"added" | "updated" | "removed", number[]>, origin: unknown) => {
    const { added, updated, removed } = changes;
    const theirs = room.peers.get(origin as WsPeer);
    for (const id of added) theirs?.add(id);
    for (const id of removed) theirs?.delete(id);
    const message = awarenessMessage(room.awareness, [...added, ...updated, ...removed]);
    for (const peer of room.peers.keys()) send(room, peer, message);
  });
  return room;
}

function awarenessMessage(awareness: Awareness, ids: number[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, AWARENESS);
  encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, ids));
  return encoding.toUint8Array(encoder);
}

function send(room: Room, peer: WsPeer, message: Uint8Array): void {
  if (peer.readyState !== peer.CONNECTING && peer.readyState !== peer.OPEN) close(room, peer);
  try {
    peer.send(message, {}, (error) => {
      if (error) close(room, peer);
    });
  } catch {
    close(room, peer);
  }
}

function close(room: Room, peer: WsPeer): void {
  const theirs = room.peers.get(peer);
  room.peers.delete(peer);
  if (theirs !== undefined) removeAwarenessStates(room.awareness, [...theirs], null);
  peer.close();
}
