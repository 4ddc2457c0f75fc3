/** Checks a story from a link, because a link can come from anyone. */
import { isInPage } from "../network/carriers.ts";
import type { Action } from "./action.ts";
import { bytes, either, exactly, flag, listOf, oneOf, record, text, variants, whole, type Check } from "./schema.ts";
import type { Story } from "./story.ts";

const role = oneOf("client", "server");
const data = either(text, bytes, "text or bytes");
/** The longest wait that a link may ask for, in milliseconds. */
const MAX_LATENCY_MS = 60_000;
const MAX_BYTES = 2 ** 31 - 1;

const command = variants("do", {
  send: record({ data }, { final: flag, compress: flag }),
  ping: exactly({ payload: data }),
  pong: exactly({ payload: data }),
  close: record({}, { code: whole(0, 65_535), reason: text }),
  accept: record({}, { subprotocol: text }),
  reject: exactly({ status: whole(0, 999), body: text }),
});

/** A link must not make the page connect to a URL, so carriers that need one become the pipe. */
const carrier: Check<{ readonly name: "pipe" | "worker" | "webrtc" }> = (value, where) => {
  const names = ["pipe", "worker", "webrtc", "webtransport", "websocket", "relay", "page"] as const;
  const { name } = exactly({ name: oneOf(...names) })(value, where);
  return { name: isInPage(name) ? name : "pipe" };
};

const action: Check<Action> = variants("type", {
  connect: exactly({
    wishes: record({}, { resource: text, subprotocols: listOf(text, "subprotocol"), compression: flag, carrier }),
  }),
  perform: record({ who: role, commands: listOf(command, "command") }, { times: whole(1, 10_000) }),
  network: exactly({
    change: record(
      {},
      {
        latencyMs: whole(0, MAX_LATENCY_MS),
        chunkBytes: whole(0, MAX_BYTES),
        stepping: flag,
        corruptEvery: whole(0, MAX_BYTES),
      },
    ),
  }),
  behave: exactly({ who: role, change: record({}, { acceptsAtOnce: flag, echoes: flag, reads: flag }) }),
  mishap: exactly({
    from: role,
    mishap: variants("kind", {
      corrupt: exactly({ offset: whole(0, MAX_BYTES), mask: whole(0, 255) }),
      cut: exactly({}),
    }),
  }),
  inject: exactly({ from: role, bytes }),
  step: exactly({}),
  reset: exactly({}),
});

const story = exactly({
  title: text,
  summary: text,
  steps: listOf(record({ say: text }, { do: listOf(action, "action") }), "step"),
});

/** Returns the story in the value. Throws `Malformed` if it is not a valid story. */
export function storyFrom(value: unknown): Story {
  const { steps, ...told } = story(value, "the story");
  if (steps.length === 0) throw new RangeError("the story must have a step");
  // A story always connects within the page, whatever the page was connected to before.
  const inPage = (one: Action): Action =>
    one.type === "connect" ? { type: "connect", wishes: { carrier: { name: "pipe" }, ...one.wishes } } : one;
  return { id: "shared", ...told, steps: steps.map(({ say, do: actions = [] }) => ({ say, do: actions.map(inPage) })) };
}
