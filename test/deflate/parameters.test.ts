/** RFC 7692 §7.1: the four parameters, offered and answered, in every combination. */
import { describe, expect, test } from "vitest";
import { permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";
import {
  answerOffer,
  offerHeaders,
  readAnswer,
  readOffer,
  RemoteProtocolError,
  type Extension,
  type WSConnection,
} from "../../src/index.ts";
import { agreedOn, framesIn, MessageOracle, type Frame } from "../support/deflate.ts";
import { feed, open, pairOf } from "../support/wire.ts";

const FIELD = "sec-websocket-extensions";

function offered(...options: (DeflateOptions | undefined)[]): string | null {
  return offerHeaders({ extensions: options.map(permessageDeflate) }).get(FIELD);
}

/** The server's answer to a field of this value; `null` if it declines every offer. */
function answered(field: string, ...options: (DeflateOptions | undefined)[]): string | null {
  const headers = new Headers({ "sec-websocket-version": "13", [FIELD]: field });
  return answerOffer(readOffer(headers), { extensions: options.map(permessageDeflate) }).headers.get(FIELD);
}

/** Whether a client takes this for an answer to its offer; anything but the one refusal is a defect. */
function takes(answer: string, ...options: (DeflateOptions | undefined)[]): boolean {
  try {
    readAnswer({ extensions: options.map(permessageDeflate) }, new Headers({ [FIELD]: answer }));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(RemoteProtocolError);
    expect(error).toMatchObject({ code: "extensionsInvalid" });
    return false;
  }
}

describe("§7.1 what a client offers", () => {
  test.each<[DeflateOptions | undefined, string]>([
    [undefined, "permessage-deflate; client_max_window_bits"],
    [{}, "permessage-deflate; client_max_window_bits"],
    [{ clientMaxWindowBits: true }, "permessage-deflate; client_max_window_bits"],
    [{ clientMaxWindowBits: false }, "permessage-deflate"],
    [{ clientMaxWindowBits: 8 }, "permessage-deflate; client_max_window_bits=8"],
    [{ clientMaxWindowBits: 15 }, "permessage-deflate; client_max_window_bits=15"],
    [{ serverMaxWindowBits: 10, clientMaxWindowBits: false }, "permessage-deflate; server_max_window_bits=10"],
    [{ serverNoContextTakeover: true, clientMaxWindowBits: false }, "permessage-deflate; server_no_context_takeover"],
    [{ clientNoContextTakeover: true, clientMaxWindowBits: false }, "permessage-deflate; client_no_context_takeover"],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 12 },
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=12",
    ],
  ])("%j", (options, expected) => expect(offered(options)).toBe(expected));

  test("several, in order of preference (§7.1)", () => {
    expect(offered({ serverMaxWindowBits: 10, clientMaxWindowBits: false }, { clientMaxWindowBits: false })).toBe(
      "permessage-deflate; server_max_window_bits=10, permessage-deflate",
    );
  });
});

describe("§7.1 what a server answers", () => {
  const plain = "permessage-deflate";
  test.each<[offer: string, DeflateOptions, answer: string | null]>([
    [plain, {}, plain],
    // §7.1.1.1
    [`${plain}; server_no_context_takeover`, {}, `${plain}; server_no_context_takeover`],
    [plain, { serverNoContextTakeover: true }, `${plain}; server_no_context_takeover`],
    // §7.1.1.2
    [`${plain}; client_no_context_takeover`, {}, `${plain}; client_no_context_takeover`],
    [plain, { clientNoContextTakeover: true }, `${plain}; client_no_context_takeover`],
    // §7.1.2.1
    [`${plain}; server_max_window_bits=10`, {}, `${plain}; server_max_window_bits=10`],
    [`${plain}; server_max_window_bits=8`, {}, `${plain}; server_max_window_bits=8`],
    [`${plain}; server_max_window_bits=15`, {}, `${plain}; server_max_window_bits=15`],
    [`${plain}; server_max_window_bits=12`, { serverMaxWindowBits: 10 }, `${plain}; server_max_window_bits=10`],
    [`${plain}; server_max_window_bits=10`, { serverMaxWindowBits: 12 }, `${plain}; server_max_window_bits=10`],
    [plain, { serverMaxWindowBits: 12 }, `${plain}; server_max_window_bits=12`],
    [plain, { serverMaxWindowBits: 15 }, plain],
    // §7.1.2.2: what browsers offer
    [`${plain}; client_max_window_bits`, {}, plain],
    [`${plain}; client_max_window_bits`, { clientMaxWindowBits: 10 }, `${plain}; client_max_window_bits=10`],
    [`${plain}; client_max_window_bits`, { clientMaxWindowBits: 15 }, plain],
    [`${plain}; client_max_window_bits=12`, {}, `${plain}; client_max_window_bits=12`],
    [`${plain}; client_max_window_bits=12`, { clientMaxWindowBits: 10 }, `${plain}; client_max_window_bits=10`],
    [`${plain}; client_max_window_bits=10`, { clientMaxWindowBits: 12 }, `${plain}; client_max_window_bits=10`],
    [`${plain}; client_max_window_bits=10`, { clientMaxWindowBits: false }, plain],
    [`${plain}; client_max_window_bits=15`, {}, plain],
    // A limit that the client can't be given.
    [plain, { clientMaxWindowBits: 10 }, null],
    [plain, { clientMaxWindowBits: 15 }, plain],
    // §5: a value may be quoted, and is then what it is without the quotes.
    [`${plain}; server_max_window_bits="10"`, {}, `${plain}; server_max_window_bits=10`],
    // Several offers: the first that can be met.
    [`${plain}; unknown, ${plain}; server_no_context_takeover, ${plain}`, {}, `${plain}; server_no_context_takeover`],
    [`${plain}, ${plain}; client_max_window_bits`, { clientMaxWindowBits: 9 }, `${plain}; client_max_window_bits=9`],
    // Others' extensions are none of ours.
    [`x-webkit-deflate-frame, ${plain}`, {}, plain],
    [`Permessage-Deflate`, {}, null],
  ])("to %s, with %j", (offer, options, answer) => expect(answered(offer, options)).toBe(answer));

  test("with several settings it tries them in order, for each offer", () => {
    const preferred = { clientMaxWindowBits: 9 };
    expect(answered(`${plain}; client_max_window_bits`, preferred, {})).toBe(`${plain}; client_max_window_bits=9`);
    expect(answered(plain, preferred, {})).toBe(plain);
  });
});

const invalidInBoth = [
  "unknown",
  "unknown=1",
  "server_no_context_takeover=1",
  "server_no_context_takeover=true",
  "client_no_context_takeover=0",
  'client_no_context_takeover="x"',
  "server_no_context_takeover; server_no_context_takeover",
  "client_no_context_takeover; client_no_context_takeover",
  "server_max_window_bits=10; server_max_window_bits=10",
  "client_max_window_bits=10; client_max_window_bits=11",
  "server_max_window_bits",
  ...["server_max_window_bits", "client_max_window_bits"].flatMap((name) =>
    ["0", "7", "16", "150", "08", "010", "+9", "-9", "9.0", "1e1", "0x9", "abc", '"7"', '"08"', "١٠"]
      // Not even a token, so that the whole field is malformed: tested where the field is.
      .filter((value) => /^[\x21-\x7e]*$/.test(value))
      .map((value) => `${name}=${value}`),
  ),
  "Server_no_context_takeover",
  "constructor",
  "__proto__=1",
  "toString",
];

describe("§7.1 an offer with an invalid parameter is declined", () => {
  test.each(invalidInBoth)("%s", (parameter) => {
    expect(answered(`permessage-deflate; ${parameter}`, {})).toBeNull();
    expect(answered(`permessage-deflate; ${parameter}, permessage-deflate`, {}), "another is taken").toBe(
      "permessage-deflate",
    );
  });
});

describe("§7.1 an answer with an invalid parameter fails the connection", () => {
  test.each([...invalidInBoth, "client_max_window_bits", "client_max_window_bits; client_max_window_bits"])(
    "%s",
    (parameter) => expect(takes(`permessage-deflate; ${parameter}`, {})).toBe(false),
  );
});

describe("§7.1 which answers a client accepts", () => {
  const all =
    "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9";
  test.each<[answer: string, DeflateOptions, taken: boolean]>([
    ["", {}, true],
    [all, {}, true],
    [all, { clientMaxWindowBits: false }, false],
    ["client_max_window_bits=15", {}, true],
    ["client_max_window_bits=15", { clientMaxWindowBits: false }, false],
    // Its own word holds, whatever the server allows.
    ["client_max_window_bits=15", { clientMaxWindowBits: 10 }, true],
    ["", { clientMaxWindowBits: 10 }, true],
    ["", { clientNoContextTakeover: true }, true],
    ["client_no_context_takeover", {}, true],
    ["server_no_context_takeover", {}, true],
    ["", { serverNoContextTakeover: true }, false],
    ["server_no_context_takeover", { serverNoContextTakeover: true }, true],
    ["server_max_window_bits=10", {}, true],
    ["server_max_window_bits=10", { serverMaxWindowBits: 10 }, true],
    ["server_max_window_bits=8", { serverMaxWindowBits: 10 }, true],
    ["server_max_window_bits=11", { serverMaxWindowBits: 10 }, false],
    ["", { serverMaxWindowBits: 10 }, false],
    ["", { serverMaxWindowBits: 15 }, true],
  ])("%s, offering %j: %s", (answer, options, taken) => {
    expect(takes(["permessage-deflate", answer].filter((part) => part !== "").join("; "), options)).toBe(taken);
  });

  test("one matching offer of several is enough", () => {
    expect(takes("permessage-deflate", { serverMaxWindowBits: 10 }, {})).toBe(true);
    expect(takes("permessage-deflate", { serverMaxWindowBits: 10 }, { serverNoContextTakeover: true })).toBe(false);
  });
  test("two answers are one too many", () => {
    expect(takes("permessage-deflate, permessage-deflate", {}, {})).toBe(false);
  });
});

/** What repeats itself at 200 bytes, at 300, at 2,000 and at 20,000, and from message to message. */
const messages = [200, 300, 2000, 20_000].map((distance) => {
  let state = distance;
  const noise = Array.from({ length: distance }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  }).join("");
  return noise + noise;
});

/** Every combination of what either end may want of this. */
const flags = [false, true];
const serverBits = [undefined, 8, 10, 15];
const clientBits = [true, false, 8, 12, 15];
const everyOption: DeflateOptions[] = flags.flatMap((serverNoContextTakeover) =>
  flags.flatMap((clientNoContextTakeover) =>
    serverBits.flatMap((serverMaxWindowBits) =>
      clientBits.map((clientMaxWindowBits) => ({
        serverNoContextTakeover,
        clientNoContextTakeover,
        clientMaxWindowBits,
        ...(serverMaxWindowBits !== undefined && { serverMaxWindowBits }),
      })),
    ),
  ),
);

/** What must come of it, by the rules of either end. */
function outcome(client: DeflateOptions, server: DeflateOptions): Record<string, number | boolean> | undefined {
  const atMost = (bits: number | boolean | undefined): number => (typeof bits === "number" ? bits : 15);
  if (client.clientMaxWindowBits === false && atMost(server.clientMaxWindowBits) < 15) return undefined;
  return {
    serverForgets: client.serverNoContextTakeover! || server.serverNoContextTakeover!,
    clientForgets: client.clientNoContextTakeover! || server.clientNoContextTakeover!,
    serverBits: Math.min(atMost(client.serverMaxWindowBits), atMost(server.serverMaxWindowBits)),
    clientBits: Math.min(atMost(client.clientMaxWindowBits), atMost(server.clientMaxWindowBits)),
  };
}

describe("every combination of the options of both ends", () => {
  const extensions = everyOption.map((options) => [options, permessageDeflate(options)] as const);

  test.each(extensions)("a client with %j and each server agree on what both can do", (client, offering) => {
    const headers = offerHeaders({ extensions: [offering] });
    for (const [server, answering] of extensions) {
      const name = JSON.stringify(server);
      const expected = outcome(client, server);
      const answer = answerOffer(readOffer(headers), { extensions: [answering] });
      const [extension] = answer.extensions;
      if (expected === undefined || extension === undefined) {
        expect(extension, name).toBe(expected);
        continue;
      }
      expect(readAnswer({ extensions: [offering] }, answer.headers).extensions[0]!.parameters, name).toEqual(
        extension.parameters,
      );
      const said = new Map(extension.parameters.map(([parameter, value]) => [parameter, value] as const));
      const bits = (parameter: string): number => Number(said.get(parameter) ?? 15);
      expect(
        {
          serverForgets: said.has("server_no_context_takeover"),
          clientForgets: said.has("client_no_context_takeover"),
          serverBits: bits("server_max_window_bits"),
          // Where the server does not speak of it, the client keeps to its word.
          clientBits: Math.min(bits("client_max_window_bits"), expected.clientBits as number),
        },
        name,
      ).toEqual(expected);
    }
  });

  function expectKept(
    [sender, receiver]: [Parameters<typeof feed>[0], Parameters<typeof feed>[0]],
    takeover: boolean,
    windowBits: number,
  ): void {
    const oracle = new MessageOracle({ windowBits, takeover });
    let farthest = 0;
    for (const message of [...messages, messages[0]!, messages[0]!]) {
      sender.sendData(message);
      const bytes = sender.bytesToSend();
      const read = oracle.read(framesIn(bytes));
      farthest = Math.max(farthest, read.farthest);
      expect(new TextDecoder().decode(read.bytes)).toBe(message);
      const text = feed(receiver, bytes).map((event) => (event.type === "textReceived" ? event.data : event.type));
      expect(text.join("")).toBe(message);
    }
    // The window is not only kept to, but used: what is repeated within reach is found.
    expect(farthest).toBeGreaterThan(
      windowBits === 15 ? 19_999 : windowBits >= 12 ? 1999 : windowBits >= 10 ? 299 : 199,
    );
    sender.sendData("a message like any other");
    const first = framesIn(sender.bytesToSend())[0]!.payload.length;
    sender.sendData("a message like any other");
    const second = framesIn(sender.bytesToSend())[0]!.payload.length;
    if (takeover) expect(second).toBeLessThan(first / 2);
    else expect(second).toBe(first);
  }

  const takeovers = flags.flatMap((serverForgets) => flags.map((clientForgets) => ({ serverForgets, clientForgets })));
  const sizes = [8, 9, 10, 11, 12, 13, 14, 15];
  test.each(takeovers.flatMap((each) => sizes.map((bits) => ({ ...each, bits }))))(
    "$serverForgets, $clientForgets, $bits bits: neither end refers back further than agreed",
    ({ serverForgets, clientForgets, bits }) => {
      const extension: Extension = permessageDeflate({
        serverNoContextTakeover: serverForgets,
        clientNoContextTakeover: clientForgets,
        serverMaxWindowBits: bits,
        clientMaxWindowBits: 23 - bits,
      });
      const { client, server } = pairOf([extension], [extension]);
      expect(agreedOn(client)).toBe(agreedOn(server));
      expectKept([server, client], !serverForgets, bits);
      expectKept([client, server], !clientForgets, 23 - bits);
    },
  );
});

describe("§7.1.1.2, §7.1.2.2 a client keeps the promise of its offer, even if the answer does not repeat it", () => {
  const keeping = (options: DeflateOptions): WSConnection => {
    const codec = permessageDeflate(options).confirm([]);
    expect(codec).toBeDefined();
    return open("client", { extensions: [{ name: "permessage-deflate", parameters: [], codec: codec! }] });
  };
  const sent = (client: WSConnection, message: string): Frame[] => {
    client.sendData(message);
    return framesIn(client.bytesToSend());
  };
  test("not to keep its window", () => {
    const client = keeping({ clientNoContextTakeover: true });
    expect(sent(client, "Hello, Hello")).toEqual(sent(client, "Hello, Hello"));
  });
  test("not to refer back further", () => {
    const [far] = messages.slice(-1);
    const oracle = (windowBits: number): MessageOracle => new MessageOracle({ windowBits });
    expect(oracle(9).read(sent(keeping({ clientMaxWindowBits: 9 }), far!)).farthest).toBeLessThanOrEqual(512);
    expect(oracle(15).read(sent(keeping({}), far!)).farthest).toBeGreaterThan(512);
  });
});

test("negotiation does not change the options object, and one connection's result does not affect the next", () => {
  const options = Object.freeze({ clientMaxWindowBits: 12 });
  const extension = Object.freeze(permessageDeflate(options));
  const small = permessageDeflate({ serverMaxWindowBits: 9, serverNoContextTakeover: true });
  expect(agreedOn(pairOf([small], [extension]).server)).toBe(
    "server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=12",
  );
  expect(agreedOn(pairOf([permessageDeflate()], [extension]).server)).toBe("client_max_window_bits=12");
  expect(options).toEqual({ clientMaxWindowBits: 12 });
});
