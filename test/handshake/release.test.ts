/** Codecs from a negotiation are released if it does not lead to a connection. */
import { describe, expect, test } from "vitest";
import {
  answerOffer,
  readAnswer,
  readOffer,
  WSConnection,
  type ConnectionRequested,
  type Extension,
  type ExtensionCodec,
  type ExtensionParameters,
} from "../../src/index.ts";
import { feed, pull } from "../support/wire.ts";
import { request } from "./heads.ts";

/** Codecs in use, by the name of their extension and the side. */
let inUse: string[] = [];

function codec(name: string, reservedBits: number): ExtensionCodec {
  inUse.push(name);
  return {
    get reservedBits() {
      if (reservedBits < 0) throw new Error("no bits");
      return reservedBits;
    },
    release: () => void inUse.splice(inUse.indexOf(name), 1),
  };
}

function extension(name: string, reservedBits = 0): Extension {
  return {
    name,
    offer: () => [[]],
    accept: () => ({ parameters: [], codec: codec(`${name} of the server`, reservedBits) }),
    confirm: () => codec(`${name} of the client`, reservedBits),
  };
}

const throws = (): never => {
  throw new Error("mine");
};
const good = extension("good", 4);
const failing: [string, Extension][] = [
  ["throws", { ...extension("bad"), accept: throws, confirm: throws }],
  ["can't say which bits it uses", extension("bad", -1)],
];

const asked = () => readOffer(new Headers({ "sec-websocket-version": "13", "sec-websocket-extensions": "good, bad" }));
const answer = new Headers({ "sec-websocket-extensions": "good, bad" });

describe.each(failing)("an extension that %s", (_, bad) => {
  const extensions = [good, bad];

  test("answerOffer", () => {
    inUse = [];
    expect(() => answerOffer(asked(), { extensions })).toThrow();
    expect(inUse).toEqual([]);
  });
  test("readAnswer", () => {
    inUse = [];
    expect(() => readAnswer({ extensions }, answer)).toThrow();
    expect(inUse).toEqual([]);
  });
  test.each(["client", "server"] as const)("by prior knowledge, as a %s", (role) => {
    inUse = [];
    expect(() => new WSConnection(role, { handshake: "none", extensions })).toThrow();
    expect(inUse).toEqual([]);
  });
  test("accept", () => {
    inUse = [];
    const server = new WSConnection("server", { extensions });
    const [event] = feed(server, request("+Sec-WebSocket-Extensions: good, bad"));
    expect(() => server.accept(event as ConnectionRequested)).toThrow();
    expect([inUse, server.state]).toEqual([[], "connecting"]);
  });
});

test("one that would share a bit is declined, and released", () => {
  inUse = [];
  const { extensions } = answerOffer(asked(), { extensions: [good, extension("bad", 4)] });
  expect([extensions.map(({ name }) => name), inUse]).toEqual([["good"], ["good of the server"]]);
  inUse = [];
  expect(() => readAnswer({ extensions: [good, extension("bad", 4)] }, answer)).toThrow("invalid parameters");
  expect(inUse).toEqual([]);
  inUse = [];
  expect(() => new WSConnection("server", { handshake: "none", extensions: [good, extension("bad", 4)] })).toThrow();
  expect(inUse).toEqual([]);
});

test("an answer without an offer", () => {
  inUse = [];
  for (const list of ["good, other", "good, good"]) {
    const headers = new Headers({ "sec-websocket-extensions": list });
    expect(() => readAnswer({ extensions: [good] }, headers)).toThrow("not offered");
  }
  expect(inUse).toEqual([]);
});

test("invalid parameters", () => {
  inUse = [];
  const parameters = null as unknown as ExtensionParameters;
  const bad: Extension = { ...good, accept: () => ({ parameters, codec: codec("good of the server", 0) }) };
  expect(() => answerOffer(asked(), { extensions: [bad] })).toThrow();
  expect(inUse).toEqual([]);
});

test("by prior knowledge a client keeps only its codec", () => {
  inUse = [];
  const client = new WSConnection("client", { handshake: "none", extensions: [good] });
  expect(inUse).toEqual(["good of the client"]);
  client.receiveBytes(null);
  pull(client);
  expect(inUse).toEqual([]);
});
