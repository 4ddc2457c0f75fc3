/** What must hold for a connection, whatever bytes it receives: checked while it is fed. */
import { RemoteProtocolError, type ConnectionClosed, type WSConnection, type WSEvent } from "../../src/index.ts";
import { joined } from "../support/wire.ts";
import { Teller, type Verdict } from "./verdict.ts";

/** Beyond this many events for an input, pulling has no end. */
const MOST_EVENTS = 200_000;

/** No answer to a byte is longer than this: a Close that says why, a pong, or a head that refuses a request. */
const MOST_BYTES_OUT = 4096;

export interface Outcome extends Verdict {
  /** All events, joined so that they do not depend on how the bytes were cut. */
  readonly events: () => unknown;
  readonly sent: readonly number[];
}

function fail(why: string): never {
  throw new Error(why);
}

/**
 * Feeds bytes in pieces, ends the stream, and returns the outcome. Throws if an error of another class is thrown or
 * reported, if there is not exactly one end after everything else, or if more is kept than has arrived.
 */
export function outcomeOf(
  connection: WSConnection,
  bytes: Uint8Array,
  cuts: readonly number[],
  answer: (event: WSEvent) => void = () => undefined,
): Outcome {
  const teller = new Teller();
  const events: WSEvent[] = [];
  let ended: ConnectionClosed | undefined;
  const pull = (): void => {
    for (const event of connection.events()) {
      if (ended !== undefined) fail(`${event.type} after the end`);
      events.push(event);
      teller.add(event);
      if (events.length > MOST_EVENTS) fail("pulling has no end");
      if (event.type === "connectionClosed") ended = event;
      answer(event);
    }
    if (connection.closed !== (ended !== undefined)) fail(`closed is ${String(connection.closed)} without the event`);
  };
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    connection.receiveBytes(bytes.slice(from, to));
    pull();
    if (connection.unreadAmount > to) fail(`${connection.unreadAmount} bytes kept of ${to}`);
    if (connection.bufferedAmount > MOST_BYTES_OUT + 4 * to) fail(`${connection.bufferedAmount} bytes for ${to}`);
    from = to;
  }
  const { end, fault } = teller;
  const told = [...teller.told];
  connection.receiveBytes(null);
  pull();
  if (ended === undefined) fail("no end is told");
  if (ended.error !== undefined && !(ended.error instanceof RemoteProtocolError))
    fail("an error of another class is reported");
  if (connection.unreadAmount > 0) fail("bytes are kept after the end");
  return { told, end, fault, events: () => joined(events), sent: [...connection.bytesToSend()] };
}

/** Places to cut at that are the same for the same bytes. */
export function someCuts(bytes: Uint8Array): number[] {
  let state = bytes.length;
  for (const byte of bytes) state = (Math.imul(state, 31) + byte) | 0;
  const cuts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) | 0;
    at += 1 + ((state >>> 8) % 19);
    if (at < bytes.length) cuts.push(at);
  }
  return cuts;
}
