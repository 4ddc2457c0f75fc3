/** Peers that meet through signals: two, or as many as there are in a room. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { clockTable, type ClockOption } from "../stream/clock.ts";
import { Arrivals } from "../transports/arrivals.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import {
  peerConnectionMaker,
  peerConnectionTable,
  requireTimes,
  type PeerConnectionOptions,
} from "../transports/peerConnection.ts";
import { Attendance, type Attendants } from "./attendance.ts";
import { bytesOf, hexOf } from "./bytes.ts";
import type { Meeting } from "./meeting.ts";
import { RendezvousError } from "./rendezvousError.ts";
import { Room } from "./room.ts";
import type { Signals } from "./signals.ts";

/** What all ways to meet have in common; see {@link meet}. */
export interface ConnectionOptions extends ClockOption, PeerConnectionOptions {
  /** How long a broken connection may take to come back, in milliseconds: 30,000 by default. */
  readonly lostMs?: number | undefined;
  /**
   * Called with what was ignored, and with what failed without ending anything: texts that are not messages, too many
   * texts, peers that could not be connected. At most about once a second.
   */
  readonly onReport?: ((problem: string) => void) | undefined;
  /** Fills an array with random bytes; the platform's `crypto` by default. */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

export const connectionTable: OptionTable<ConnectionOptions> = {
  ...clockTable,
  ...peerConnectionTable,
  lostMs: "a number",
  onReport: "a function",
  random: "a function",
};

/** The options of {@link meet}. */
export interface MeetOptions extends ConnectionOptions {
  /**
   * A text that both ends know and strangers do not. Texts without it are ignored, so that neither a stranger nor the
   * relay itself can join, or put itself between the two. Choose one that nobody can guess.
   */
  readonly secret?: string | undefined;
  /** Aborting this signal ends the search. It does not affect a meeting. */
  readonly signal?: AbortSignal | undefined;
  /** How long to try to connect to one peer, in milliseconds: 20,000 by default. Then the search goes on. */
  readonly connectMs?: number | undefined;
}

const meetTable: OptionTable<MeetOptions> = {
  ...connectionTable,
  secret: "a string",
  signal: "{ aborted, reason }",
  connectMs: "a number",
};

/** The options of {@link meetings}. */
export interface MeetingsOptions extends MeetOptions {
  /** How many others there may be at a time. 7 by default. */
  readonly maxPeers?: number | undefined;
  /** Aborting this signal leaves the room: the iteration ends, and so do its meetings. */
  readonly signal?: AbortSignal | undefined;
}

const meetingsTable: OptionTable<MeetingsOptions> = { ...meetTable, maxPeers: "a number" };

/**
 * Finds one peer through the signals, and connects to it. Both ends run the same line. It waits for a peer as long as
 * it takes. The first two that find each other become a pair, and ignore others.
 *
 * The signals are used until the meeting is over: when the connection is interrupted or the network changes, ICE is
 * restarted. If that has not helped after half of `lostMs`, both ends make a new connection, and the meeting goes on.
 * Both directions of the signals end with the meeting. Rejects with the signal's reason, or with a `RendezvousError`
 * (`signalsEnded`).
 *
 * @example In a page
 * ```ts
 * import { broadcastChannelSignals, meet } from "websocket-over/rendezvous";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const enter = () => meet(broadcastChannelSignals("my-room")); // the same line in two tabs
 * const [here, there] = await Promise.all([enter(), enter()]);
 * void serve(there.incoming, async (request) => (await request.accept()).send("hello from the other tab"));
 * const session = await connect(here.dial());
 * console.log(await session.receive()); // → hello from the other tab
 * await session.close();
 * here.close();
 * console.log((await there.closed).reason); // → left
 * ```
 */
export async function meet(signals: Signals, options: MeetOptions = {}): Promise<Meeting> {
  requireSignals("meet()", signals);
  const checked = checkOptions("meet()", options, meetTable);
  const { signal } = checked;
  return await new Promise<Meeting>((resolve, reject) => {
    let isMet = false;
    const attendance = attend(
      "meet()",
      signals,
      checked,
      { maxPeers: 1, once: true },
      {
        met(meeting) {
          isMet = true;
          forget();
          void meeting.closed.then(() => attendance.stop());
          resolve(meeting);
        },
        signalsEnded(error) {
          if (isMet) return;
          forget();
          attendance.stop();
          reject(new RendezvousError("signalsEnded", "the signals ended before a peer was found", { cause: error }));
        },
      },
    );
    const forget = onAbort(signal, (reason) => {
      attendance.stop();
      reject(reason);
    });
    attendance.tell({ type: "start" });
  });
}

/**
 * Yields a meeting with each peer that comes, up to `maxPeers` at a time: every pair in the room meets. A peer that was
 * lost is met again when it comes back. Leaving the loop leaves the room, with all meetings. Ends when the signals end;
 * meetings then go on until their connections fail.
 *
 * @example In a page
 * ```ts
 * import { broadcastChannelSignals, meet, meetings } from "websocket-over/rendezvous";
 *
 * const guest = meet(broadcastChannelSignals("party")); // in another tab
 * for await (const meeting of meetings(broadcastChannelSignals("party"), { maxPeers: 20 })) {
 *   console.log(meeting.fingerprint === (await guest).fingerprint); // → true
 *   break; // leaves the room, and ends its meetings
 * }
 * ```
 */
export function meetings(signals: Signals, options: MeetingsOptions = {}): AsyncIterableIterator<Meeting, undefined> {
  requireSignals("meetings()", signals);
  const checked = checkOptions("meetings()", options, meetingsTable);
  const { maxPeers = 7, signal } = checked;
  if (!(Number.isInteger(maxPeers) && maxPeers > 0)) {
    throw new RangeError(`maxPeers is a count of 1 or more, not ${String(maxPeers)}`);
  }
  let forget = ignore; // until the signal, which may be aborted already, is listened to
  const arrivals = new Arrivals<Meeting>(
    maxPeers,
    () => {
      forget();
      if (!isAlone) attendance.stop();
    },
    (meeting) => meeting.close(),
  );
  /** Without signals no other peer can come. */
  let isAlone = false;
  const attendance = attend(
    "meetings()",
    signals,
    checked,
    { maxPeers, once: false },
    {
      met: (meeting) => arrivals.add(meeting),
      signalsEnded() {
        isAlone = true;
        arrivals.end();
        if (attendance.isEmpty) attendance.stop();
      },
      over() {
        if (isAlone && attendance.isEmpty) attendance.stop();
      },
    },
  );
  forget = onAbort(signal, () => void arrivals.return());
  attendance.tell({ type: "start" });
  return arrivals;
}

function requireSignals(where: string, signals: Signals): void {
  requireKind(
    `${where} takes signals,`,
    signals,
    "{ readable, writable }",
    advice({
      charAt: "use broadcastChannelSignals()",
      send: "use webSocketSignals()",
      postMessage: "use portSignals() or broadcastChannelSignals()",
    }),
  );
}

function attend(
  where: string,
  signals: Signals,
  options: MeetOptions,
  extent: { readonly maxPeers: number; readonly once: boolean },
  attendants: Attendants,
): Attendance {
  const { secret, connectMs = 20_000, lostMs = 30_000 } = options;
  requireTimes({ connectMs, lostMs });
  const randomId = idsFrom(options);
  const room = new Room({
    own: randomId(),
    ...extent,
    secret: secret === undefined ? undefined : bytesOf(secret),
    connectMs,
    lostMs,
    randomId,
  });
  return new Attendance(room, signals, runOptions(where, options), attendants);
}

/** Makes ids of 128 random bits. */
export function idsFrom({ random = (bytes) => void crypto.getRandomValues(bytes) }: ConnectionOptions): () => string {
  return () => {
    const bytes = new Uint8Array(16);
    random(bytes);
    return hexOf(bytes);
  };
}

export function runOptions(where: string, options: ConnectionOptions): ConstructorParameters<typeof Attendance>[2] {
  const { clock, onReport } = options;
  return { makePeerConnection: peerConnectionMaker(where, options), clock, onReport };
}
