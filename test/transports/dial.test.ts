/**
 * Dialling over WebTransport without an answer: what a signal cancels. Real sessions:
 * test/browser/webTransport.test.ts.
 */
import { expect, test } from "vitest";
import { dial, type WebTransportSession } from "../../src/transports/webTransport.ts";

/** A session on which as many streams are open as may be. */
function fullSession(): WebTransportSession {
  return {
    ready: Promise.resolve(),
    closed: new Promise(() => {}),
    incomingBidirectionalStreams: new ReadableStream(),
    createBidirectionalStream: () => new Promise(() => {}),
  };
}

test.each(Array.from({ length: 16 }, (_, turns) => turns))(
  "a signal that is aborted %i microtasks after the call cancels the wait for a stream",
  async (turns) => {
    const giveUp = new AbortController();
    const dialled = dial(fullSession(), { signal: giveUp.signal });
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    giveUp.abort(new Error("enough"));
    await expect(dialled).rejects.toEqual(new Error("enough"));
  },
);
