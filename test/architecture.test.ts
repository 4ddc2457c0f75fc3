/**
 * The rules of the folders: a core without I/O, time or randomness; imports that point inward; `index.ts` files that
 * only re-export.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import * as entry from "../src/index.ts";
import { version } from "../src/inspect/export/version.ts";
import { entries } from "./support/entries.ts";

const root = resolve(import.meta.dirname, "..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => ({ name: name.replaceAll("\\", "/"), text: readFileSync(join(root, "src", name), "utf8") }));

const folderOf = (name: string): string => (name.includes("/") ? name.slice(0, name.indexOf("/")) : ".");

/** Those of the code: examples in docstrings import, too. */
function importsOf({ name, text }: { name: string; text: string }): string[] {
  return [...text.replace(/^ *\/\*\*[\s\S]*?\*\//gm, "").matchAll(/from "([^"]+)"|import\("([^"]+)"\)/g)].map(
    (match) => {
      const path = match[1] ?? match[2]!;
      return path.startsWith(".") ? relative("src", join("src", dirname(name), path)).replaceAll("\\", "/") : path;
    },
  );
}

describe("src/core, src/handshake, src/connection and the machines of driver, resume and rendezvous are pure", () => {
  // Timers, streams and events do not compile in the first three: src/core/tsconfig.json has neither the DOM nor Node.
  const globals = ["globalThis", "window", "self", "process", "console", "crypto", "fetch", "eval"];
  const time = [
    "Date",
    "performance",
    "Temporal",
    "set(Timeout|Interval|Immediate)",
    "queueMicrotask",
    "Math\\.random",
  ];
  const web = [
    "(Readable|Writable|Transform)Stream",
    "AbortSignal",
    "AbortController",
    "EventTarget",
    "async",
    "await",
  ];
  const impure = new RegExp(`\\b(${[...globals, ...time, ...web].join("|")})\\b(?!["\`])`);
  const machines = [
    "stream/driverMachine.ts",
    ...["sessionMachine", "hostMachine", "frames", "replayBuffer", "resumeError"].map((name) => `resume/${name}.ts`),
    ...["bytes", "code", "greeting", "machine", "messages", "pair", "room", "sha256"].map(
      (name) => `rendezvous/${name}.ts`,
    ),
  ];
  // The default of the option `random`, which is how randomness comes in from outside.
  const pure = sources.filter(
    ({ name }) =>
      (["core", "handshake", "connection"].includes(folderOf(name)) && name !== "connection/randomBytes.ts") ||
      machines.includes(name),
  );
  test.each(pure)("$name", ({ text }) => {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    expect(impure.exec(code)?.[0]).toBeUndefined();
  });
  test("each folder has files to check", () => {
    expect(new Set(pure.map(({ name }) => folderOf(name))).size).toBe(6);
    for (const each of ["new Date()", "setTimeout(f, 1)", "crypto.getRandomValues(a)", "await f()"]) {
      expect(each).toMatch(impure);
    }
  });
});

describe("imports point inward", () => {
  const ofPlaywright = ["@playwright/test", "node:fs", "node:net"];
  const ofCommand = ["buffer", "crypto", "events", "fs", "fs/promises", "http", "http2", "net", "path", "process"]
    .concat("readline", "stream", "stream/consumers", "timers/promises", "url", "util")
    .map((name) => `node:${name}`);
  const allowed: Record<string, readonly string[]> = {
    core: ["core"],
    handshake: ["core", "handshake"],
    connection: ["core", "handshake", "connection"],
    transports: [
      "transports",
      "core/bytes.ts",
      "core/options.ts",
      "handshake/headReader.ts",
      "handshake/requestTarget.ts",
      "node:dns",
      "node:net",
      "node:tls",
    ],
    http2: ["transports", "http2", "core/options.ts"],
    resume: ["core", "connection", "transports", "stream", "resume"],
    rendezvous: ["transports", "rendezvous", "core/options.ts", "stream/clock.ts", "stream/incomingMessages.ts"],
    deflate: ["core", "deflate", "pako"],
    inspect: ["core", "handshake", "connection", "transports", "inspect"],
    stream: ["core", "handshake", "connection", "transports", "stream"],
    bridge: ["core", "handshake", "connection", "transports", "stream", "bridge"],
    websocket: ["core", "handshake", "connection", "transports", "stream", "websocket"],
    server: ["core", "handshake", "connection", "transports", "stream", "server"],
    testing: ["core", "handshake", "connection", "transports", "inspect", "stream", "websocket", "testing"],
    playwright: [
      "core/options.ts",
      "transports",
      "deflate",
      "inspect",
      "websocket",
      "testing",
      "playwright",
      ...ofPlaywright,
    ],
    // The command puts everything together.
    cli: [...new Set(sources.map(({ name }) => folderOf(name))), ...ofCommand],
    ".": ["core", "handshake", "connection"],
  };
  test.each(sources)("$name", (source) => {
    for (const path of importsOf(source)) {
      const targets = [path, ...(path.endsWith(".ts") ? [folderOf(path)] : [])];
      const permitted = allowed[folderOf(source.name)]!;
      expect(
        permitted.some((target) => targets.includes(target)),
        path,
      ).toBe(true);
    }
  });
});

/** What a bundle of an entry contains: its files, and the packages that they import. */
function bundleOf(entryName: string, bundle = new Set<string>()): Set<string> {
  if (bundle.has(entryName)) return bundle;
  bundle.add(entryName);
  const source = sources.find(({ name }) => name === entryName);
  if (source !== undefined) for (const path of importsOf(source)) bundleOf(path, bundle);
  return bundle;
}

/** The same without what is imported for its types alone. */
function codeOf(fileName: string, code = new Set<string>()): Set<string> {
  if (code.has(fileName)) return code;
  code.add(fileName);
  const { text } = sources.find(({ name }) => name === fileName)!;
  const values = text.replace(/^(import|export) type [^;]*;/gm, "");
  for (const path of importsOf({ name: fileName, text: values })) codeOf(path, code);
  return code;
}

describe("each side carries its own code alone", () => {
  const ofClients = ["connection/clientOpening.ts", "handshake/clientHandshake.ts", "handshake/bodyReader.ts"];
  const ofServers = ["connection/serverOpening.ts", "handshake/serverHandshake.ts"];
  const sides = [
    ...["connection/clientConnection.ts", "stream/connect.ts", "websocket/webSocketClass.ts"].map((file) => ({
      file,
      own: ofClients,
      other: ofServers,
    })),
    ...["connection/serverConnection.ts", "stream/accept.ts", "stream/serve.ts", "server/webSocketServer.ts"].map(
      (file) => ({ file, own: ofServers, other: ofClients }),
    ),
  ];
  test.each(sides)("$file", ({ file, own, other }) => {
    const code = codeOf(file);
    expect([...code]).toEqual(expect.arrayContaining(own));
    expect(other.filter((name) => code.has(name))).toEqual([]);
  });
});

/** The entries whose bundles contain a module of such a name. */
const entriesWith = (pattern: RegExp): string[] =>
  entries
    .filter(({ source }) => [...bundleOf(source.replace("src/", ""))].some((name) => pattern.test(name)))
    .map(({ name }) => name);

test("no entry carries pako but deflate", () => {
  expect(entriesWith(/^pako$/)).toEqual(["websocket-over/deflate"]);
});

test("no entry needs Playwright or Node but node and playwright", () => {
  expect(entriesWith(/^(node:|@playwright)/)).toEqual(["websocket-over/node", "websocket-over/playwright"]);
});

test.each([
  "index.ts",
  "deflate/index.ts",
  "inspect/index.ts",
  "testing/index.ts",
  "http2/index.ts",
  "bridge/index.ts",
  "rendezvous/index.ts",
  "resume/index.ts",
])("the entry %s only re-exports", (entryName) => {
  const { text } = sources.find(({ name }) => name === entryName)!;
  expect(text.replace(/\/\*\*.*?\*\/|export (type )?\{[^}]*\} from "[^"]+";|\s/gs, "")).toBe("");
});

test("the main entry has these", () => {
  expect(Object.keys(entry).sort()).toEqual([
    "ClientConnection",
    "CloseCode",
    "ConnectionType",
    "LocalProtocolError",
    "Opcode",
    "ProtocolError",
    "RemoteProtocolError",
    "ServerConnection",
    "WSConnection",
    "answerOffer",
    "defaultLimits",
    "fastPaths",
    "lifeCycle",
    "offerHeaders",
    "readAnswer",
    "readOffer",
  ]);
});

test("exports say which version wrote them", () => {
  const { version: ofPackage } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(version).toBe(ofPackage);
});

test("each file says in its first line what it decides, after the line that names its interpreter", () => {
  for (const { name, text } of sources) expect(text, name).toMatch(/^(?:#!.*\n)?\/\*\*/);
});
