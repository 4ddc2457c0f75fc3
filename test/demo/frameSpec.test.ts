/** Frames that were seen, in the frame builder. */
import { expect, test } from "vitest";
import { encodeSpec, specOf } from "../../demo/breaker/frameSpec.ts";
import { fromHex, toHex } from "../../src/inspect/hex.ts";
import { decode } from "../../src/inspect/index.ts";

test.each([
  ["client", "81 85 37 fa 21 3d 7f 9f 4d 51 58"],
  ["server", "81 05 48 65 6c 6c 6f"],
  ["server", "01 02 c3 28"],
  ["server", "93 7e 00 03 61 62 63"],
  ["server", "c1 07 f2 48 cd c9 c9 07 00"],
  ["server", "82 7f 00 00 00 00 00 00 00 01 ff"],
  ["client", "88 80 00 00 00 00"],
] as const)("of the %s: %s is built byte for byte", (role, wire) => {
  const [record] = decode({ [role]: fromHex(wire)! }, { handshake: "none" });
  if (record?.kind !== "frame") throw new Error("no frame");
  const bytes = encodeSpec(specOf(record));
  expect(typeof bytes === "string" ? bytes : toHex(bytes, " ")).toBe(wire);
});
