/** What a payload is read as. */
import { encode as toCBOR } from "cbor2";
import { encode as toMessagePack } from "@msgpack/msgpack";
import { expect, test } from "vitest";
import { formatsOf, jsonIn, readAs, textIn } from "../../demo/inspector/content.ts";
import { hex } from "../support/wire.ts";

const value = { op: "move", by: [1, -2], deep: { on: true, off: null } };

test("JSON is read if it has an inside", () => {
  expect(jsonIn(` ${JSON.stringify(value)}`)).toEqual({ value });
  expect(jsonIn("12")).toBeUndefined();
  expect(jsonIn("[1,")).toBeUndefined();
});

test("MessagePack and CBOR are tried for maps and lists, and read as the value that they are", async () => {
  const [cbor, messagePack] = [toCBOR(value), toMessagePack(value)];
  expect(formatsOf(cbor)).toContain("cbor");
  expect(await readAs("cbor", cbor)).toEqual({ value });
  expect(formatsOf(messagePack)).toContain("messagePack");
  expect(await readAs("messagePack", messagePack)).toEqual({ value });
});

test.each(["", "00 01 02", "7f 45 4c 46", "ff"])("%s is tried as neither", (bytes) => {
  expect(formatsOf(hex(bytes))).toEqual([]);
});

test.each([
  ["cbor", "81 01"],
  ["messagePack", "81 a1 61 01"],
] as const)("%s with something after the value, or with a part of one, is not read", async (format, bytes) => {
  expect(await readAs(format, hex(bytes))).toBeDefined();
  expect(await readAs(format, hex(`${bytes} 01`))).toBeUndefined();
  expect(await readAs(format, hex(bytes.slice(0, -3)))).toBeUndefined();
});

test("text has to be UTF-8", () => {
  expect(textIn(hex("c3 bc"))).toBe("ü");
  expect(textIn(hex("c3"))).toBeUndefined();
});
