/** RFC 6455 §7.4: the close codes. */
import { expect, test } from "vitest";
import { CloseCode, isCloseCodeOnWire } from "../../src/core/closeCodes.ts";

test("1000–1003, 1007–1014 and 3000–4999 may be on the wire, and no other code", () => {
  const ranges: [first: number, last: number][] = [];
  for (let code = 0; code <= 0xffff; code++) {
    if (!isCloseCodeOnWire(code)) continue;
    const range = ranges.at(-1);
    if (range?.[1] === code - 1) range[1] = code;
    else ranges.push([code, code]);
  }
  expect(ranges).toEqual([
    [1000, 1003],
    [1007, 1014],
    [3000, 4999],
  ]);
});

test("the codes for what was not on the wire may not be", () => {
  const never = Object.entries(CloseCode).filter(([, code]) => !isCloseCodeOnWire(code));
  expect(never.map(([name]) => name)).toEqual(["NO_STATUS_RECEIVED", "ABNORMAL_CLOSURE", "TLS_HANDSHAKE"]);
});

test.each([1000.5, NaN, Infinity, -1000])("%d is no code", (code) => expect(isCloseCodeOnWire(code)).toBe(false));
