/** The peer connection of one session: does what the machine says, and tells it what happens. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { listenTo } from "../transports/listeners.ts";
import { describe, watchFare } from "../transports/peerConnection.ts";
import { valueOf } from "../transports/sessionDescription.ts";
import { textOf } from "../transports/textOf.ts";
import { incomingChannels } from "../transports/webrtcIncoming.ts";
import type { Command, Input } from "./machine.ts";

/** The label of the channels that carry WebSockets. Others are the application's. */
export const CHANNEL_LABEL = "websocket";

/** Both ends create it, with the same id, so that it needs no announcement. */
const CONTROL: RTCDataChannelInit = { negotiated: true, id: 0, protocol: "websocket-over-rendezvous" };

export type LinkCommand = Extract<Command, { readonly session: string }>;

export class Link {
  readonly connection: RTCPeerConnection;
  readonly incoming: AsyncIterableIterator<ByteTransport, undefined>;
  readonly #session: string;
  readonly #tell: (input: Input) => void;
  readonly #control: RTCDataChannel;
  readonly #gone = new AbortController();
  readonly #stops: (() => void)[];
  /** The steps that change the connection run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(session: string, connection: RTCPeerConnection, tell: (input: Input) => void) {
    this.#session = session;
    this.connection = connection;
    this.#tell = tell;
    this.incoming = incomingChannels(connection, {
      filter: ({ label }) => label === CHANNEL_LABEL,
      signal: this.#gone.signal,
    });
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

  obey(command: LinkCommand): void {
    switch (command.type) {
      case "offer": {
        const { round } = command;
        this.#make(round, () => describe(this.connection, "offer", round > 1 ? { iceRestart: true } : {}));
        return;
      }
      case "answer": {
        const { round, sdp } = command;
        this.#make(round, async () => {
          await this.connection.setRemoteDescription({ type: "offer", sdp });
          return await describe(this.connection, "answer");
        });
        return;
      }
      case "accept": {
        const { round, sdp } = command;
        this.#then(round, () => this.connection.setRemoteDescription({ type: "answer", sdp }));
        return;
      }
      case "candidates":
        for (const candidate of command.candidates) this.#then(undefined, () => this.#add(candidate));
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
  #make(round: number, describe: () => Promise<string>): void {
    this.#then(round, async () => {
      const sdp = (await describe()).replace(/^a=(candidate|end-of-candidates).*\r?\n/gm, "");
      if (!this.#gone.signal.aborted) this.#tell({ type: "described", session: this.#session, round, sdp });
    });
  }

  /** Runs a step after the earlier ones. Reports its failure if the step belongs to a round. */
  #then(round: number | undefined, step: () => Promise<unknown>): void {
    this.#turn = this.#turn
      .then(() => (this.#gone.signal.aborted ? undefined : step()))
      .catch((error: unknown) => {
        if (round === undefined || this.#gone.signal.aborted) return;
        this.#tell({ type: "refused", session: this.#session, round, why: textOf(error) });
      });
  }

  /** A candidate that can't be used is one less. */
  async #add(candidate: string): Promise<void> {
    const sdpMid = valueOf(this.connection.remoteDescription?.sdp ?? "", "mid") ?? "0";
    await this.connection.addIceCandidate({ candidate, sdpMid, sdpMLineIndex: 0 }).catch(ignore);
  }

  #close(): void {
    this.#gone.abort();
    for (const stop of this.#stops) stop();
    this.connection.close();
  }
}
