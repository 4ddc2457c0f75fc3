/** Frames as pictures. */
import { expect, test } from "vitest";
import { pictureOf } from "../../demo/explain/picture.ts";
import { fromHex } from "../../src/inspect/hex.ts";
import { decode } from "../../src/inspect/index.ts";

function picture(hex: string, verdict = "Nothing is wrong."): string {
  const [record] = decode({ server: fromHex(hex)! }, { handshake: "none" });
  if (record?.kind !== "frame") throw new Error("no frame");
  return pictureOf(record, verdict);
}

test("a picture has the verdict, each field of the header with its bits, and the payload", () => {
  const svg = picture("81 02 68 69");
  for (const words of [
    "Nothing is wrong.",
    "FIN",
    "RSV1",
    "Opcode",
    "0001",
    "MASK",
    "Payload length",
    "0000010",
    "Payload",
  ]) {
    expect(svg).toContain(`>${words}<`);
  }
  expect(svg).not.toContain("⚠");
});

test("what is guilty is marked", () => {
  expect(picture("83 00")).toContain(">⚠ Opcode<");
});

test("what was sent is no markup, whatever it is", () => {
  const svg = picture("81 0b 3c 62 3e 26 00 01 1b ef bf bf 22", "a < b & c");
  expect(svg).toContain("a &lt; b &amp; c");
  expect(svg).toContain("“&lt;b&gt;&amp;···");
  expect(svg).not.toMatch(/[\0-\x08\x0b-\x1f]/);
});
