/** The wire mode: a redirected request has its original URL in its target, and other requests stay as they are. */
import { expect, test } from "vitest";
import { readLedTarget } from "../../src/playwright/loopback.ts";

test.each([
  ["/~/wss%3A%2F%2Fchat.example/live?room=1", "wss://chat.example/live?room=1", "/live?room=1"],
  ["/~/ws%3A%2F%2Fa.example%3A81/", "ws://a.example:81/", "/"],
  ["/~/ws://a.example/", undefined, undefined],
  ["/~/WSS%3A%2F%2FChat.Example/a", "WSS://Chat.Example/a", "/a"],
] as const)("%s", (target, url, rest) => {
  expect(readLedTarget(target)).toEqual(url === undefined ? undefined : { url, target: rest });
});

test.each([
  "/~/%E0%A4%A/x",
  "/~/%/x",
  "/~/%zz/x",
  "/~/nonsense/x",
  "/~/https%3A%2F%2Fa.example/x",
  "/~/javascript%3Aalert(1)/x",
  "/~/ws%3A%2F%2F/x",
  "/~/ws%3A%2F%2Fa.example%3A99999/x",
  "/~/ws%3A%2F%2Fa.example%2Fpath/x",
  "/~/ws%3A%2F%2Fa.example%3Fquery/x",
  "/~/ws%3A%2F%2Fa.example%23/x",
  "/~/ws%3A%2F%2Fme%3Apw%40a.example/x",
  "/~//x",
  "/~/x",
  "/",
  "",
])("%j is an ordinary request", (target) => expect(readLedTarget(target)).toBeUndefined());
