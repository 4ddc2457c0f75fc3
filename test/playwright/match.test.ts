/** Which URLs a server handles. */
import { expect, test } from "vitest";
import { describeMatch, toMatch } from "../../src/playwright/match.ts";

const stands = (match: unknown, url: string): boolean => {
  const { source, flags } = toMatch(match);
  return new RegExp(source, flags).test(url);
};

test.each([
  [/\/live/, "wss://chat.example/live?room=1", true],
  [/\/LIVE/i, "wss://chat.example/live", true],
  [/^wss:/g, "wss://chat.example/live", true],
  [/\/live$/, "wss://chat.example/live?room=1", false],
  ["wss://chat.example/live", "wss://chat.example/live", true],
  ["wss://chat.example/live", "wss://chat.example/live?room=1", false],
  ["wss://chat.example/live", "wss://chatXexample/live", false],
  ["wss://*.example/live", "wss://chat.example/live", true],
  ["wss://*.example/live", "wss://a/b.example/live", false],
  ["wss://chat.example/**", "wss://chat.example/a/b?c", true],
  ["/live", "ws://anywhere:81/live", true],
  ["/live", "ws://anywhere/a/live", false],
  ["/live?room=*", "ws://anywhere/live?room=7", true],
  ["/a/(b)[c]{d}", "ws://anywhere/a/(b)[c]{d}", true],
] as const)("%s and %s: %s", (match, url, expected) => {
  expect(stands(match, url)).toBe(expected);
});

test.each([[undefined], [7], [{}], [null]])("%s is not a valid match", (match) => {
  expect(() => toMatch(match)).toThrow(TypeError);
});

test("describes the pattern", () => {
  expect(describeMatch(toMatch(/\/live/i))).toBe("/\\/live/i");
});
