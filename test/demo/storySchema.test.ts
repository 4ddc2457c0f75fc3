/** Stories in links, which come from anywhere. */
import { expect, test } from "vitest";
import { storyFrom } from "../../demo/scenarios/storySchema.ts";

const story = (...actions: unknown[]): unknown => ({
  title: "A session",
  summary: "What somebody did.",
  steps: [{ say: "It begins." }, { say: "It goes on.", do: actions }],
});

test("a story is taken as it is", () => {
  const actions = [
    {
      type: "connect",
      wishes: { resource: "/chat", subprotocols: ["a"], compression: true, carrier: { name: "worker" } },
    },
    { type: "perform", who: "client", commands: [{ do: "send", data: "hi", final: false }, { do: "close" }] },
    { type: "perform", who: "server", commands: [{ do: "ping", payload: Uint8Array.of(1) }] },
    { type: "network", change: { latencyMs: 50, stepping: true } },
    { type: "behave", who: "server", change: { echoes: true } },
    { type: "mishap", from: "client", mishap: { kind: "corrupt", offset: 0, mask: 64 } },
    { type: "mishap", from: "client", mishap: { kind: "cut" } },
    { type: "inject", from: "client", bytes: Uint8Array.of(0x81) },
    { type: "step" },
    { type: "reset" },
  ];
  expect(storyFrom(story(...actions))).toEqual({
    id: "shared",
    title: "A session",
    summary: "What somebody did.",
    steps: [
      { say: "It begins.", do: [] },
      { say: "It goes on.", do: actions },
    ],
  });
});

test("what a story does not have is left out of it", () => {
  const [, step] = storyFrom(story({ type: "step", evil: true })).steps;
  expect(step!.do).toEqual([{ type: "step" }]);
});

test.each([
  {},
  { carrier: { name: "websocket", url: "wss://elsewhere.example" } },
  { carrier: { name: "webtransport" } },
])("a link connects to nothing outside the page: %j", (wishes) => {
  const [, step] = storyFrom(story({ type: "connect", wishes })).steps;
  expect(step!.do).toEqual([{ type: "connect", wishes: { carrier: { name: "pipe" } } }]);
});

test.each([
  [{ type: "perform", who: "client", commands: null }, "step 2: do, action 1: commands must be a list, not null"],
  [{ type: "perform", who: "evil", commands: [] }, 'who must be "client" or "server", not "evil"'],
  [
    { type: "perform", who: "client", commands: [{ do: "send" }] },
    "command 1: data must be text or bytes, not missing",
  ],
  [{ type: "perform", who: "client", commands: [{ do: "close", code: 70_000 }] }, "code must be a whole number"],
  [{ type: "inject", from: "client", bytes: "abc" }, 'bytes must be bytes, not "abc"'],
  [{ type: "behave", who: "server", change: { reads: 1 } }, "reads must be true or false, not 1"],
  [{ type: "network", change: { latencyMs: -1 } }, "latencyMs must be a whole number from 0 to 60000, not -1"],
  [{ type: "mishap", from: "client", mishap: { kind: "flood" } }, 'kind must be "corrupt" or "cut", not "flood"'],
  [{ type: "connect" }, "wishes must be an object, not missing"],
  [{ type: "explode" }, "type must be"],
  [null, "action 1 must be an object, not null"],
])("%j is refused by its name", (action, words) => {
  expect(() => storyFrom(story(action))).toThrow(words);
});

test.each([
  [null, "the story must be an object"],
  [{ title: 1, summary: "", steps: [] }, "title must be text, not 1"],
  [{ title: "", summary: "", steps: {} }, "steps must be a list"],
  [{ title: "", summary: "", steps: [] }, "the story must have a step"],
])("%j is no story", (value, words) => {
  expect(() => storyFrom(value)).toThrow(words);
});
