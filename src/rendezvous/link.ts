/** The peer connection of one session, and those that replace it: does what the machine says, and tells what happens. */
import { Arrivals } from "../transports/arrivals.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { listenTo } from "../transports/listeners.ts";
import { describe, watchFare } from "../transports/peerConnection.ts";
import { valueOf } from "../transports/sessionDescription.ts";
import { textOf } from "../transports/textOf.ts";
import { incomingChannels } from "../transports/webrtcIncoming.ts";
import type { Command, Input } from "./machine.ts";

/** How many channels may wait to be taken. Further ones are closed. */
const MOST_WAITING = 16;

/** The label of the channels that carry WebSockets. Others are the application's. */
export const CHANNEL_LABEL = "websocket";

/** Both ends create it, with the same id, so that it needs no announcement. */
const CONTROL: RTCDataChannelInit = { negotiated: true, id: 0, protocol: "websocket-over-rendezvous" };

export type LinkCommand = Extract<Command, { readonly session: string }>;

export class Link {
  /** The channels that the other end opens, on each connection. */
  readonly incoming: Arrivals<ByteTransport>;
  readonly #session: string;
  readonly #makePeerConnection: () => RTCPeerConnection;
  readonly #tell: (input: Input) => void;
  readonly #gone = new AbortController();
  readonly #deaf = new AbortController();
  #connection: RTCPeerConnection;
  #control!: RTCDataChannel;
  #stops: (() => void)[] = [];
  /** The last connection. It ends only when the other end has a new one, which would mistake its end for the peer's. */
  #retired: RTCPeerConnection | undefined;
  /** The steps that change the connection run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws what `makePeerConnection` throws. */
  constructor(session: string, makePeerConnection: () => RTCPeerConnection, tell: (input: Input) => void) {
    this.#session = session;
    this.#makePeerConnection = makePeerConnection;
    this.#tell = tell;
    this.incoming = new Arrivals<ByteTransport>(
      MOST_WAITING,
      () => this.#deaf.abort(),
      (transport) => transport.close?.(),
    );
    this.#connection = makePeerConnection();
    this.#use(this.#connection);
  }

  /** The connection in use. */
  get connection(): RTCPeerConnection {
    return this.#connection;
  }

  #use(connection: RTCPeerConnection): void {
    const { signal } = this.#deaf;
    void this.#take(incomingChannels(connection, { filter: ({ label }) => label === CHANNEL_LABEL, signal }));
    const session = this.#session;
    const tell = this.#tell;
    this.#stops = [
      watchFare(connection, (fare) => tell({ type: "fare", session, fare })),
      listenTo(connection, {
        icecandidate: ({ candidate }: RTCPeerConnectionIceEvent) => {
          const text = candidate?.candidate.replace(/^a=/, "");
          if (text) tell({ type: "candidate", session, candidate: text });
        },
      }),
    ];
    this.#control = connection.createDataChannel("websocket-over", CONTROL);
    this.#stops.push(
      listenTo(this.#control, {
        open: () => tell({ type: "opened", session }),
        message: ({ data }: MessageEvent<unknown>) => tell({ type: "heard", session, text: data }),
        close: () => tell({ type: "silenced", session }),
      }),
    );
  }

  async #take(channels: AsyncIterable<ByteTransport>): Promise<void> {
    for await (const transport of channels) this.incoming.add(transport);
  }

  /** Goes on with a new connection. Returns whether there is one. */
  #renew(round: number): boolean {
    try {
      const connection = this.#makePeerConnection();
      for (const stop of this.#stops) stop();
      this.#retired?.close();
      this.#retired = this.#connection;
      this.#connection = connection;
      this.#turn = Promise.resolve();
      this.#use(connection);
      return true;
    } catch (error) {
      // Deferred: the machine is not to be called while its commands are obeyed.
      queueMicrotask(() => this.#refuse(round, error));
      return false;
    }
  }

  obey(command: LinkCommand): void {
    switch (command.type) {
      case "offer": {
        const { round, renews } = command;
        if (renews && !this.#renew(round)) return;
        this.#make(round, (connection) => describe(connection, "offer", round > 1 ? { iceRestart: true } : {}));
        return;
      }
      case "answer": {
        const { round, sdp, renews } = command;
        if (renews && !this.#renew(round)) return;
        this.#retired?.close();
        this.#make(round, async (connection) => {
          await connection.setRemoteDescription({ type: "offer", sdp });
          return await describe(connection, "answer");
        });
        return;
      }
      case "accept": {
        const { round, sdp } = command;
        this.#retired?.close();
        this.#then(round, (connection) => connection.setRemoteDescription({ type: "answer", sdp }));
        return;
      }
      case "candidates":
        for (const candidate of command.candidates) this.#then(undefined, (connection) => add(connection, candidate));
        return;
      case "say":
        try {
          this.#control.send(command.text);
        } catch {
          // It is closing: the machine hears of that.
        }
        return;
      case "over":
        this.#close();
        return;
      case "met":
    }
  }

  /** Makes a description, and reports it without candidates, which follow one by one. */
  #make(round: number, describe: (connection: RTCPeerConnection) => Promise<string>): void {
    this.#then(round, async (connection) => {
      const sdp = (await describe(connection)).replace(/^a=(candidate|end-of-candidates).*\r?\n/gm, "");
      if (!this.#gone.signal.aborted) this.#tell({ type: "described", session: this.#session, round, sdp });
    });
  }

  /** Runs a step after the earlier ones. Reports its failure if the step belongs to a round. */
  #then(round: number | undefined, step: (connection: RTCPeerConnection) => Promise<unknown>): void {
    const connection = this.#connection;
    this.#turn = this.#turn
      .then(() => (this.#gone.signal.aborted ? undefined : step(connection)))
      .catch((error: unknown) => {
        if (round !== undefined) this.#refuse(round, error);
      });
  }

  #refuse(round: number, error: unknown): void {
    if (this.#gone.signal.aborted) return;
    this.#tell({ type: "refused", session: this.#session, round, why: textOf(error) });
  }

  #close(): void {
    this.#gone.abort();
    this.incoming.end();
    for (const stop of this.#stops) stop();
    this.#retired?.close();
    this.#connection.close();
  }
}

/** A candidate that can't be used is one less. */
async function add(connection: RTCPeerConnection, candidate: string): Promise<void> {
  const sdpMid = valueOf(connection.remoteDescription?.sdp ?? "", "mid") ?? "0";
  await connection.addIceCandidate({ candidate, sdpMid, sdpMLineIndex: 0 }).catch(ignore);
}
