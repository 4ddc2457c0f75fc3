/** The options: invalid ones are refused when the extension is created, not when a connection uses it. */
import { describe, expect, test } from "vitest";
import { pakoEngine, permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";

describe("TypeError", () => {
  test.each<Record<string, unknown>>([
    { serverNoContextTakeover: 1 },
    { clientNoContextTakeover: "true" },
    { serverNoContextTakeover: null },
    { serverMaxWindowBits: "10" },
    { serverMaxWindowBits: true },
    { serverMaxWindowBits: null },
    { clientMaxWindowBits: "10" },
    { clientMaxWindowBits: null },
    { threshold: "1k" },
    { level: "best" },
    { memLevel: null },
    { engine: {} },
    { engine: { ...pakoEngine, createInflater: undefined } },
  ])("%j", (options) => expect(() => permessageDeflate(options as DeflateOptions)).toThrow(TypeError));
});

describe("RangeError", () => {
  test.each<[keyof DeflateOptions, readonly number[]]>([
    ["serverMaxWindowBits", [7, 16, 0, -8, 9.5, NaN, Infinity]],
    ["clientMaxWindowBits", [7, 16, 0, -15, 8.5, NaN]],
    ["threshold", [-1, 0.5, NaN, -Infinity]],
    ["level", [-1, 10, 1.5, NaN]],
    ["memLevel", [0, 10, 2.5, NaN]],
  ])("%s: %j", (name, values) => {
    for (const value of values) expect(() => permessageDeflate({ [name]: value }), `${value}`).toThrow(RangeError);
  });
});

test.each<[keyof DeflateOptions, readonly (number | boolean)[]]>([
  ["serverMaxWindowBits", [8, 9, 10, 11, 12, 13, 14, 15]],
  ["clientMaxWindowBits", [8, 15, true, false]],
  ["threshold", [0, 1024, Infinity]],
  ["level", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["memLevel", [1, 9]],
])("%s may be %j", (name, values) => {
  for (const value of values) expect(permessageDeflate({ [name]: value }).name).toBe("permessage-deflate");
});
