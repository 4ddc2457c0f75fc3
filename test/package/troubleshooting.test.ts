/** The guide to errors has every code, with what the code says of it. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { drawRules } from "../support/drawings.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const guide = read("src/troubleshooting.md");

/** The entries of the list below a heading. */
function listOf(name: string): Map<string, string> {
  const section = new RegExp(`^## .*\`${name}\`\n(.*?)(?=^## |$(?![\\s\\S]))`, "ms").exec(guide)![1]!;
  return new Map([...section.matchAll(/^- \*\*`(\w+)`\*\*: (.+)$/gm)].map(([, code, text]) => [code!, text!]));
}

/** The codes of a union of strings in the sources. */
function codesOf(path: string, type: string): string[] {
  const declaration = new RegExp(`type ${type} =([^;]*);`).exec(read(path))![1]!;
  return [...declaration.matchAll(/"(\w+)"/g)].map(([, code]) => code!);
}

test.each(drawRules())("$code is in the guide, with its words, its answer and a remedy", (rule) => {
  const { code, said, answeredBy } = rule;
  const start = `${said}. ${answeredBy === "" ? "" : `Answered by ${answeredBy}. `}`;
  const text = listOf("RemoteProtocolError").get(code)!;
  expect(text.slice(0, start.length)).toBe(start);
  expect(text.slice(start.length)).toMatch(/^\S.{10,}$/);
});

test("every code of the protocol has an entry, and no other has one", () => {
  const listed = [...listOf("RemoteProtocolError").keys(), ...listOf("LocalProtocolError").keys()];
  // Only reported by the decoder of captures.
  const codes = [...codesOf("src/core/errors.ts", "ProtocolErrorCode"), "frameAfterClose"];
  expect(listed.toSorted()).toEqual(codes.toSorted());
});

test.each([
  ["DialError", "src/transports/dialError.ts"],
  ["TransportError", "src/transports/transportError.ts"],
  ["ResumeError", "src/resume/resumeError.ts"],
  ["BridgeError", "src/bridge/bridgeError.ts"],
  ["RendezvousError", "src/rendezvous/rendezvousError.ts"],
])("%s: the same", (name, path) => {
  expect([...listOf(name).keys()]).toEqual(codesOf(path, `${name}Code`));
});
