/** What a story in a link has to be: the one place that says so. Links come from anywhere. */
import type { Action } from "./action.ts";
import { bytes, either, flag, listOf, oneOf, record, text, variants, whole, type Check } from "./schema.ts";
import type { Story } from "./story.ts";

const role = oneOf("client", "server");
const data = either(text, bytes, "text or bytes");
/** The longest wait that a link may ask for, in milliseconds. */
const MAX_LATENCY_MS = 60_000;
const MAX_BYTES = 2 ** 31 - 1;

const command = variants("do", {
  send: record({ data }, { final: flag, compress: flag }),
  ping: record({ payload: data }),
  pong: record({ payload: data }),
  close: record({}, { code: whole(0, 65_535), reason: text }),
  accept: record({}, { subprotocol: text }),
  reject: record({ status: whole(0, 999), body: text }),
});

/** A URL in a link would have the page connect there: such a carrier becomes the pipe. */
const carrier: Check<{ readonly name: "pipe" | "worker" | "webrtc" }> = (value, where) => {
  const { name } = record({ name: oneOf("pipe", "worker", "webrtc", "webtransport", "websocket") })(value, where);
  return { name: name === "webtransport" || name === "websocket" ? "pipe" : name };
};

const action: Check<Action> = variants("type", {
  connect: record({
    wishes: record({}, { resource: text, subprotocols: listOf(text, "subprotocol"), compression: flag, carrier }),
  }),
  perform: record({ who: role, commands: listOf(command, "command") }, { times: whole(1, 10_000) }),
  network: record({
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
  behave: record({ who: role, change: record({}, { acceptsAtOnce: flag, echoes: flag, reads: flag }) }),
  mishap: record({
    from: role,
    mishap: variants("kind", {
      corrupt: record({ offset: whole(0, MAX_BYTES), mask: whole(0, 255) }),
      cut: record({}),
    }),
  }),
  inject: record({ from: role, bytes }),
  step: record({}),
  reset: record({}),
});

const story = record({
  title: text,
  summary: text,
  steps: listOf(record({ say: text }, { do: listOf(action, "action") }), "step"),
});

/** Returns the story in it. Throws `Malformed` for anything else. */
export function storyFrom(value: unknown): Story {
  const { steps, ...told } = story(value, "the story");
  if (steps.length === 0) throw new RangeError("the story must have a step");
  // Each connects within the page, whatever the page was connected to before.
  const inPage = (one: Action): Action =>
    one.type === "connect" ? { type: "connect", wishes: { carrier: { name: "pipe" }, ...one.wishes } } : one;
  return { id: "shared", ...told, steps: steps.map(({ say, do: actions = [] }) => ({ say, do: actions.map(inPage) })) };
}
