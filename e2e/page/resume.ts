/** A page whose WebSockets go on when what carries them is lost. */
import { createClient } from "graphql-ws";
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint, type Encoder } from "lib0/encoding";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";
import { broadcastChannelSignals, meet, type Meeting } from "../../src/rendezvous/index.ts";
import { race, resumable, resumed, type ByteTransport, type DialCarrier } from "../../src/resume/index.ts";
import { WebSocketServer } from "../../src/server/index.ts";
import { dial } from "../../src/transports/webTransport.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";

export interface Addresses {
  readonly webTransportPort: number;
  readonly hash: readonly number[];
  readonly webSocketPort: number;
}

export interface Subscribed {
  readonly counts: unknown[];
  readonly closes: number;
  readonly failed: boolean;
  /** The carriers whose bytes have arrived, one after the other. */
  readonly carriers: string[];
}

/** What has become of the connection to the other page. */
export interface Course {
  readonly carriers: number;
  /** How many peer connections those were dialled on. */
  readonly connections: number;
  readonly closes: number;
  readonly ufrag: string;
}

const SYNC = 0; // of y-websocket's kinds of messages

const CHUNK_BYTES = 64 * 1024;

export class ResumePage {
  #meeting!: Meeting;
  #carrier: ByteTransport | undefined;
  readonly #doc = new Doc();
  #carriers = 0;
  readonly #connections = new Set<RTCPeerConnection>();
  #closes = 0;

  /** Asks for all numbers up to one, with graphql-ws as it is published. */
  async subscribe({ webTransportPort, hash, webSocketPort }: Addresses, resumes: boolean): Promise<Subscribed> {
    const carriers: string[] = [];
    /** Notes a carrier when it brings its first bytes. */
    const noted = (name: string, { readable, ...rest }: ByteTransport): ByteTransport => {
      let isNoted = false;
      const noting = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          if (!isNoted) carriers.push(name);
          isNoted = true;
          controller.enqueue(chunk);
        },
      });
      return { ...rest, readable: readable.pipeThrough(noting) };
    };
    const overWebTransport: DialCarrier = async (signal) => {
      const session = new WebTransport(`https://127.0.0.1:${webTransportPort}/`, {
        serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(hash) }],
      });
      signal.addEventListener("abort", () => session.close());
      return noted("WebTransport", await dial(session, { signal }));
    };
    const overWebSocket: DialCarrier = () =>
      noted("WebSocket", webSocketTransport(new WebSocket(`ws://127.0.0.1:${webSocketPort}/`)));
    const stop = new AbortController();
    const webSocketImpl = createWebSocketClass(
      resumes
        ? // On a busy machine WebTransport takes longer than the usual head start.
          () => resumable((signal) => race([overWebTransport, overWebSocket], { signal, headStartMs: 6000 }))
        : () => overWebTransport(stop.signal),
    );
    let closes = 0;
    const client = createClient({
      url: "ws://server.example/graphql",
      webSocketImpl,
      retryAttempts: 0,
      on: { closed: () => void closes++ },
    });
    const counts: unknown[] = [];
    let failed = false;
    try {
      for await (const { data } of client.iterate({ query: "subscription { count }" })) counts.push(data?.count);
    } catch {
      failed = true;
    }
    const subscribed = { counts, closes, failed, carriers };
    await client.dispose();
    return subscribed;
  }

  async meet(room: string): Promise<void> {
    this.#meeting = await meet(broadcastChannelSignals(room));
  }

  /** Keeps the document for the other page, as a server of y-websocket does. */
  serveDocument(): void {
    const doc = this.#doc;
    const server = new WebSocketServer({ origins: "any" });
    server.on("connection", (peer) => {
      const send = (write: (encoder: Encoder) => void): void => {
        const encoder = createEncoder();
        writeVarUint(encoder, SYNC);
        write(encoder);
        if (encoder.bufs.length > 0 || encoder.cpos > 1) peer.send(new Uint8Array(toUint8Array(encoder)));
      };
      peer.binaryType = "arraybuffer";
      peer.on("message", (data) => {
        const decoder = createDecoder(new Uint8Array(data as ArrayBuffer));
        if (readVarUint(decoder) === SYNC) send((encoder) => void readSyncMessage(decoder, encoder, doc, peer));
      });
      doc.on("update", (update, origin) => {
        if (origin !== peer) send((encoder) => writeUpdate(encoder, update));
      });
      send((encoder) => writeSyncStep1(encoder, doc));
    });
    void server.serve(resumed(this.#meeting.incoming));
  }

  /** Opens the document of the other page. */
  async openDocument(): Promise<void> {
    const WebSocketPolyfill = createWebSocketClass(() => this.#dialResumable());
    const provider = new WebsocketProvider("ws://peer", "document", this.#doc, { WebSocketPolyfill });
    provider.on("connection-close", () => this.#closes++);
    await new Promise<void>((resolve) => provider.once("sync", () => resolve()));
  }

  /** Carries the bytes of a desktop between the other page and a bridge to its VNC server. */
  async serveDesktop(url: string): Promise<void> {
    const { bridgeBytes } = await import("../../src/bridge/index.ts");
    void (async () => {
      for await (const transport of resumed(this.#meeting.incoming)) {
        void bridgeBytes(transport, webSocketTransport(new WebSocket(url, webSocketProtocol)));
      }
    })();
  }

  /** Shows the desktop of the other page with noVNC as it is published, and kills its carrier before it has all come. */
  async openDesktop(): Promise<void> {
    const { default: RFB } = await import("@novnc/novnc");
    const { ByteChannel } = await import("../../examples/novnc/byteChannel.ts");
    const rfb = new RFB(document.querySelector("main")!, new ByteChannel(Promise.resolve(this.#dialResumable())));
    rfb.addEventListener("disconnect", () => this.#closes++);
    await new Promise((resolve) => rfb.addEventListener("connect", resolve));
    this.killCarrier();
  }

  #dialResumable(): ByteTransport {
    return resumable(() => {
      this.#carriers++;
      this.#connections.add(this.#meeting.peerConnection);
      return (this.#carrier = this.#meeting.dial());
    });
  }

  /** Writes random bytes into the document, in one update for each 64 KiB, and takes a step while they are on their way. */
  write(mebibytes: number, step?: "restartIce" | "killCarrier" | "failConnection"): void {
    const bytes = this.#doc.getArray<Uint8Array>("bytes");
    for (let i = 0; i < (mebibytes * 2 ** 20) / CHUNK_BYTES; i++) {
      bytes.push([crypto.getRandomValues(new Uint8Array(CHUNK_BYTES))]);
    }
    if (step !== undefined) this[step]();
  }

  /** How many bytes the document has. */
  size(): number {
    return this.#doc.getArray("bytes").length * CHUNK_BYTES;
  }

  /** SHA-256 of the document's bytes. */
  async hash(): Promise<string> {
    const whole = new Blob(this.#doc.getArray<Uint8Array<ArrayBuffer>>("bytes").toArray());
    return new Uint8Array(await crypto.subtle.digest("SHA-256", await whole.arrayBuffer())).toHex();
  }

  /** Restarts ICE, as when the network changes. */
  restartIce(): void {
    globalThis.dispatchEvent(new Event("online"));
  }

  /** The connection says that it has failed, and ICE can't be restarted on it. */
  failConnection(): void {
    const { peerConnection } = this.#meeting;
    Object.defineProperties(peerConnection, {
      connectionState: { value: "failed" },
      createOffer: { value: () => Promise.reject(new Error("not today")) },
    });
    peerConnection.dispatchEvent(new Event("connectionstatechange"));
  }

  killCarrier(): void {
    this.#carrier!.close!();
  }

  course(): Course {
    const sdp = this.#meeting.peerConnection.currentLocalDescription?.sdp ?? "";
    return {
      carriers: this.#carriers,
      connections: this.#connections.size,
      closes: this.#closes,
      ufrag: /^a=ice-ufrag:(.*)$/m.exec(sdp)?.[1] ?? "",
    };
  }
}

declare global {
  var resumePage: ResumePage;
}
globalThis.resumePage = new ResumePage();
