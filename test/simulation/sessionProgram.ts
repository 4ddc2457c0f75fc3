/** What an application does with a session: how it reads, and what it calls when. */
import { WebSocketError, type WebSocketSession } from "../../src/stream/index.ts";
import type { Draws } from "./choices.ts";
import type { End } from "./laws.ts";
import { drawSize } from "./messages.ts";
import { PlannedError } from "./misbehaviour.ts";
import { joined } from "./network.ts";
import type { World } from "./world.ts";

type Content = string | Uint8Array<ArrayBuffer>;

const HUGE_BYTES = 300_000;

/** Many messages of this size are more than may be read ahead, and each alone is little beside it. */
const FLOOD_BYTES = 10_000;

export const PAUSES = [0, 1, 5, 20, 60, 150, 400] as const;

const READINGS = [
  "iterate",
  "receive",
  "readable",
  "streams",
  "slowly",
  "never",
  "stops",
  "late",
  "late",
  "cancels",
  "echo",
  "slowlyAfterTheEnd",
] as const;

const STEPS = [
  "send",
  "send",
  "burst",
  "write",
  "messageStream",
  "ping",
  "sendWithSignal",
  "close",
  "send",
  "wait",
  "halfStream",
  "halfStream",
  "closeBadly",
  "abortWritable",
  "closeWritable",
  "cancelReadable",
  "dispose",
  "closeWithSignal",
  "feed",
  "feedForEver",
] as const;

/** Begins the program. Returns the session that it uses. */
export function runSession(world: World, end: End, given: WebSocketSession, draws: Draws): WebSocketSession {
  const session = world.alterSession(given);
  end.open();
  end.compressed = session.extensions.includes("deflate");
  if (end.compressed) world.mark("compressed");
  void session.closed.then(
    ({ closeCode }) => end.end(true, closeCode),
    (error: unknown) => {
      end.heard("closed", error);
      end.end(false, error instanceof WebSocketError ? (error.closeCode ?? 0) : 0);
    },
  );
  void end.track("closed", session.closed);
  const reading = draws.pick(READINGS);
  const reads = read(world, end, session, reading, draws);
  // A late reader may have nothing to say either: then the library does not look at the clock meanwhile.
  const rests = reading === "late" && draws.oneIn(2);
  const done = rests ? undefined : act(world, end, session, reading, draws);
  void Promise.allSettled([reads, done, session.closed]).then(() => probe(world, end, session, reading));
  return session;
}

/** After the end every way to ask has to say the same, and the messages that came before can be taken. */
async function probe(
  world: World,
  end: End,
  session: WebSocketSession,
  reading: (typeof READINGS)[number],
): Promise<void> {
  const clean = await session.closed.then(
    () => true,
    () => false,
  );
  const again = await session.close().then(
    () => true,
    () => false,
  );
  if (again !== clean) world.fail("tells the truth", `${end.face}: close() says otherwise than closed`);
  const sent = await session.send("late").then(
    () => true,
    () => false,
  );
  if (sent) world.fail("ends once", `${end.face}: a message was sent after the end`);
  if (reading !== "never") return;
  let cleanly = true;
  try {
    for (let left = 10_000; left > 0; left--) {
      const message = await session.receive();
      if (message === undefined) {
        end.sawEnd = true;
        break;
      }
      end.take(message);
    }
  } catch (error) {
    end.heard("receive", error);
    cleanly = false;
  }
  if (cleanly !== clean && !end.heardOfDrops)
    world.fail("tells the truth", `${end.face}: receive() says otherwise than closed`);
}

async function read(
  world: World,
  end: End,
  session: WebSocketSession,
  reading: (typeof READINGS)[number],
  draws: Draws,
): Promise<void> {
  const receive = async (): Promise<Content | undefined> => {
    const message = await end.track("receive", session.receive());
    if (message === undefined) end.sawEnd = true;
    else end.take(message);
    return message;
  };
  world.log(`${end.name} reads: ${reading}`);
  try {
    switch (reading) {
      case "iterate":
        end.readsAll = true;
        for await (const message of session) end.take(message);
        end.sawEnd = true;
        break;
      case "receive":
        end.readsAll = true;
        while ((await receive()) !== undefined);
        break;
      case "readable": {
        end.readsAll = true;
        const reader = session.readable.getReader();
        for (;;) {
          const { done, value } = await end.track("read", reader.read());
          if (done) break;
          end.take(value);
        }
        end.sawEnd = true;
        break;
      }
      case "streams":
        await readStreams(world, end, session, draws);
        break;
      case "slowly": {
        const pauseMs = draws.pick([5, 20, 60]);
        while ((await receive()) !== undefined) await world.sleep(pauseMs);
        break;
      }
      case "slowlyAfterTheEnd": {
        const pauseMs = draws.pick([20, 60, 200]);
        end.takesNothing = true;
        await world.sleep(draws.pick([0, 100]));
        end.readLate();
        while ((await receive()) !== undefined) {
          const { endArrived, closeArrived } = end.transport.incoming;
          if (!endArrived && !closeArrived) continue;
          world.mark("messages taken slowly after the end");
          await world.sleep(pauseMs);
        }
        break;
      }
      case "never":
        end.takesNothing = true;
        break;
      case "stops":
        for (let left = draws.below(3); left > 0; left--) if ((await receive()) === undefined) break;
        break;
      case "late":
        end.takesNothing = true;
        await world.sleep(draws.pick([20, 100, 400]));
        end.readLate();
        while ((await receive()) !== undefined);
        break;
      case "cancels": {
        const reader = session.readable.getReader();
        for (let left = draws.below(3); left > 0; left--) {
          const { done, value } = await end.track("read", reader.read());
          if (done) return;
          end.take(value);
        }
        world.mark("readable cancelled");
        end.dropsByWish = true;
        end.begin("readable.cancel");
        await end.track("cancel", reader.cancel(closeReason(draws)));
        break;
      }
      case "echo":
        world.mark("piped");
        await end.track(
          "pipe",
          session.readable.pipeTo(
            new WritableStream({
              write: (message) => end.take(message),
            }),
          ),
        );
        end.sawEnd = true;
        break;
    }
  } catch (error) {
    end.heard(reading, error);
  }
}

async function readStreams(world: World, end: End, session: WebSocketSession, draws: Draws): Promise<void> {
  const skips = draws.oneIn(3);
  const pauseMs = draws.pick([0, 0, 20, 60]);
  end.readsStreams = true;
  const messages = session.incomingMessageStreams.getReader();
  for (;;) {
    const { done, value } = await end.track("next stream", messages.read());
    if (done) {
      end.sawEnd = true;
      return;
    }
    world.mark("message read as a stream");
    if (pauseMs > 0) await world.sleep(pauseMs);
    if (skips && draws.oneIn(2)) {
      end.skips = true;
      await value.readable.cancel();
      end.touch(0);
      continue;
    }
    if (value.type === "text") {
      let text = "";
      for await (const piece of value.readable) {
        text += piece;
        end.touch(0);
      }
      end.take(text);
    } else {
      const pieces: Uint8Array[] = [];
      for await (const piece of value.readable) {
        pieces.push(piece);
        end.touch(0);
      }
      end.take(joined(pieces));
    }
  }
}

async function act(
  world: World,
  end: End,
  session: WebSocketSession,
  reading: (typeof READINGS)[number],
  draws: Draws,
): Promise<void> {
  const steps = draws.below(7);
  const pace = draws.pick(PAUSES);
  let writer: WritableStreamDefaultWriter<string | BufferSource> | undefined;
  let streams = 0;
  for (let step = 0; step < steps && end.over === undefined; step++) {
    if (pace > 0 || draws.oneIn(3)) await world.sleep(draws.pick([pace, 0, 1]));
    if (end.over !== undefined) break;
    const what = draws.pick(STEPS);
    switch (what) {
      case "send":
        await sendOne(world, end, session, draws, true);
        break;
      case "burst": {
        const kind = draws.below(3);
        const size = draws.pick([20, 20, 20, 1500, 1500, 5000, HUGE_BYTES, FLOOD_BYTES]);
        for (let left = (1 + draws.below(6)) * (size === FLOOD_BYTES ? 8 : 1); left > 0; left--) {
          void transmit(world, end, session, size, kind, undefined);
        }
        break;
      }
      case "write": {
        writer ??= end.call("getWriter", () => session.writable.getWriter());
        const sent = end.send("w", drawSize(draws), draws.below(4));
        void settle(end, "write", writer?.write(sent.content), sent);
        break;
      }
      case "messageStream":
      case "halfStream":
        await streamMessage(world, end, session, draws, what === "halfStream", `m${streams++}`);
        break;
      case "ping":
        void measure(world, end, session).then(
          () => world.mark("ping answered"),
          () => world.mark("ping pending at the end"),
        );
        break;
      case "sendWithSignal": {
        const controller = new AbortController();
        const signal = world.watch(controller.signal);
        const reason = new PlannedError("signal of send");
        const sending = transmit(world, end, session, drawSize(draws), draws.below(4), signal);
        world.after(draws.pick([0, 5]), () => controller.abort(reason));
        void sending.catch((error: unknown) => {
          if (error === reason) world.mark("send given up by its signal");
        });
        break;
      }
      case "close":
        close(end, session, draws);
        break;
      case "closeBadly": {
        const bad = draws.pick([
          { closeCode: 1005 },
          { closeCode: 1006 },
          { closeCode: 1015 },
          { closeCode: 999 },
          { closeCode: 1000, reason: "€".repeat(60) },
        ]);
        world.mark(bad.reason === undefined ? "closed with a bad code" : "closed with a long reason");
        const promise = end.call("close badly", () => session.close(bad));
        promise?.catch(ignore);
        break;
      }
      case "abortWritable": {
        const reason = closeReason(draws);
        if (reason instanceof WebSocketError && reason.closeCode !== 3000) {
          world.mark("writable aborted with an unsendable code");
        }
        end.begin("writable.abort");
        const stream = writer ?? session.writable;
        void end.track("abort writable", stream.abort(reason)).catch(ignore);
        break;
      }
      case "closeWritable": {
        world.mark("writable closed");
        writer ??= end.call("getWriter", () => session.writable.getWriter());
        // What was written before has to be sent first.
        end.began = true;
        end.closeWantedMs = Math.min(end.closeWantedMs, world.nowMs);
        const closing = writer?.close();
        if (closing !== undefined) void end.track("close writable", closing).catch(ignore);
        break;
      }
      case "cancelReadable":
        if (reading !== "never") break;
        world.mark("readable cancelled");
        end.dropsByWish = true;
        end.begin("readable.cancel");
        void end.track("cancel", session.readable.cancel(closeReason(draws))).catch(ignore);
        break;
      case "dispose":
        world.mark("disposed");
        end.dropsByWish = true;
        end.begin("dispose");
        void end.track("dispose", session[Symbol.asyncDispose]()).catch(ignore);
        break;
      case "closeWithSignal": {
        const controller = new AbortController();
        const signal = world.watch(controller.signal);
        world.mark("close given up by its signal");
        end.begin("close()");
        const closing = end.call("close with signal", () => session.close({ signal }));
        if (closing !== undefined) void end.track("close", closing).catch(ignore);
        world.after(draws.pick([0, 1, 20]), () => {
          controller.abort(new PlannedError("signal of close"));
          end.gaveUp("the signal of close()");
        });
        break;
      }
      case "feed":
      case "feedForEver": {
        world.mark(what === "feed" ? "busy feed" : "feed that never stops");
        const pauseMs = what === "feed" ? 5 : 15;
        const size = draws.pick([20, 20, 1500]);
        for (let left = what === "feed" ? 40 : 1000; left > 0 && end.over === undefined; left--) {
          transmit(world, end, session, size, 1, undefined).catch(ignore);
          await world.sleep(pauseMs);
        }
        break;
      }
      case "wait":
        await world.sleep(draws.pick([100, 300]));
        break;
    }
  }
}

/** Sends a ping, and looks at what it says about its round trip. */
async function measure(world: World, end: End, session: WebSocketSession): Promise<void> {
  const startMs = world.nowMs;
  const ms = await end.track("ping", session.ping());
  const tookMs = world.nowMs - startMs;
  if (Math.abs(ms - tookMs) > end.slackMs || ms < 0)
    world.fail("tells the truth", `${end.face}: a round trip is not what it took`);
}

export function close(end: End, session: WebSocketSession, draws: Draws): void {
  const options = draws.pick([{}, { closeCode: 1000 }, { closeCode: 3000, reason: "done" }]);
  end.begin("close()");
  const closing = end.call("close", () => session.close(options));
  if (closing !== undefined) void end.track("close", closing).catch(ignore);
}

function closeReason(draws: Draws): unknown {
  const code = draws.pick([undefined, 0, 3000, 1005, 1006, 1015, 1000] as const);
  if (code === undefined) return undefined;
  if (code === 0) return new PlannedError("why");
  return new WebSocketError("why", { closeCode: code, reason: code === 1000 ? "€".repeat(60) : "" });
}

async function sendOne(world: World, end: End, session: WebSocketSession, draws: Draws, wait: boolean): Promise<void> {
  const sending = transmit(world, end, session, drawSize(draws), draws.below(4), undefined);
  if (wait) await sending.catch(ignore);
}

function transmit(
  world: World,
  end: End,
  session: WebSocketSession,
  size: number,
  kind: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sent = end.send("s", size, kind);
  const sending = session.send(sent.content, { signal });
  const startMs = world.nowMs;
  void settle(end, "send", sending, sent).then(() => {
    if (world.nowMs > startMs) world.mark("send waited for room");
  });
  return sending;
}

async function settle(
  end: End,
  what: string,
  promise: Promise<void> | undefined,
  sent: { state: "pending" | "fulfilled" | "failed" },
): Promise<void> {
  try {
    if (promise === undefined) throw new Error("refused");
    await end.track(what, promise);
    sent.state = "fulfilled";
  } catch {
    sent.state = "failed";
  }
}

async function streamMessage(
  world: World,
  end: End,
  session: WebSocketSession,
  draws: Draws,
  half: boolean,
  channel: string,
): Promise<void> {
  const isText = draws.oneIn(2);
  if (half && draws.oneIn(2)) void transmit(world, end, session, 20, 1, undefined).catch(ignore);
  const sent = end.send(channel, drawSize(draws), isText ? 1 : 0);
  const { content } = sent;
  const stream = end.call("createMessageStream", () =>
    typeof content === "string" ? session.createMessageStream("text") : session.createMessageStream("binary"),
  ) as WritableStream<string | Uint8Array> | undefined;
  if (stream === undefined) return;
  const writer = stream.getWriter();
  writer.closed.catch(ignore);
  const cut = draws.below(content.length);
  const pauseMs = draws.pick([0, 1, 20]);
  try {
    await end.track("write piece", writer.write(content.slice(0, cut)));
    if (pauseMs > 0) await world.sleep(pauseMs);
    if (draws.oneIn(4)) {
      world.mark("ping between fragments");
      void measure(world, end, session).catch(ignore);
    }
    if (half) {
      if (draws.oneIn(2)) {
        world.mark("message stream aborted");
        end.begin("abort of a message stream");
        await end.track("abort message", writer.abort(closeReason(draws)));
      } else {
        world.mark("message stream left half way");
        end.peer?.leftHalfWay();
      }
      return;
    }
    await end.track("write piece", writer.write(content.slice(cut)));
    await end.track("close message", writer.close());
    sent.state = "fulfilled";
  } catch {
    sent.state = "failed";
  }
}

function ignore(): void {}
