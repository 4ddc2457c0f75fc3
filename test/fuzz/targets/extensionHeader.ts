/** Sec-WebSocket-Extensions: its grammar (RFC 6455 §9.1), and the negotiation of permessage-deflate (RFC 7692 §7.1). */
import { createRequire } from "node:module";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { WSConnection, type AgreedExtension, type WSEvent } from "../../../src/index.ts";
import { join, type Bytes } from "../../support/wire.ts";
import { grammarDifferences } from "../handshakeDifferences.ts";
import { bytesOf, mutateHeads, textOf } from "../mutateHeads.ts";
import { same } from "../same.ts";
import type { Target } from "../target.ts";

type Offers = Record<string, Record<string, (string | true)[]>[]>;

interface Library {
  readonly extension: { parse(header: string): Offers };
  readonly PerMessageDeflate: new (options: object) => { accept(offers: object[]): object };
}

const ws = createRequire(import.meta.url)("ws") as Library;

/** The first byte of an input: what the server has. */
const servers = [
  permessageDeflate(),
  permessageDeflate({ serverNoContextTakeover: true, clientNoContextTakeover: true }),
  permessageDeflate({ serverMaxWindowBits: 10, clientMaxWindowBits: 9 }),
  permessageDeflate({ serverMaxWindowBits: 8 }),
];

const text = "what comes again is short, what comes again is short";

/** Sends this header to a server; returns its request event, or the code of its refusal, and the server. */
function ask(
  header: string,
  mode: number,
): { server: WSConnection; offered?: readonly AgreedExtension[]; why?: string } {
  const server = new WSConnection("server", { extensions: [servers[mode % servers.length]!] });
  const asked = [
    "GET / HTTP/1.1",
    "Host: a",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Extensions: ${header}`,
  ];
  server.receiveBytes(bytesOf(`${asked.join("\r\n")}\r\n\r\n`));
  for (const event of server.events()) {
    if (event.type === "connectionClosed") return { server, why: event.error?.code ?? "no error" };
    if (event.type !== "connectionRequested") continue;
    server.accept(event);
    return { server, offered: event.extensions };
  }
  throw new Error("neither asked nor refused");
}

/** As ws groups them: by name, and the values of each parameter. */
function grouped(offered: readonly AgreedExtension[]): [string, [string, (string | true)[]][]][] {
  return offered.map(({ name, parameters }) => {
    const values = new Map<string, (string | true)[]>();
    for (const [parameter, value] of parameters) {
      values.set(parameter, [...(values.get(parameter) ?? []), value ?? true]);
    }
    return [name, [...values]];
  });
}

/** What both think of the grammar. Names are put in order, since ws groups offers by name. */
function compareGrammar(header: string, offered: readonly AgreedExtension[] | undefined): string {
  let theirs: Offers | undefined;
  try {
    theirs = ws.extension.parse(header.replaceAll(/^[ \t]+|[ \t]+$/g, ""));
  } catch {
    theirs = undefined;
  }
  if (offered !== undefined && theirs !== undefined) {
    const names = [...new Set(offered.map(({ name }) => name))];
    const ours = grouped(offered);
    const parsed = names.flatMap((name) =>
      theirs[name]!.map((parameters): [string, [string, (string | true)[]][]] => [name, Object.entries(parameters)]),
    );
    const inOrder = names.flatMap((name) => ours.filter((each) => each[0] === name));
    // Entries of objects put numbers first.
    const sorted = (list: typeof ours): typeof ours =>
      list.map(([name, parameters]) => [name, parameters.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
    same(sorted(inOrder), sorted(parsed), "ws reads the header in another way:");
    return "";
  }
  if ((offered === undefined) === (theirs === undefined)) return "";
  const difference = grammarDifferences.find(({ shows }) => offered !== undefined && shows.test(header));
  if (difference !== undefined) return difference.name;
  throw new Error(
    `ours: ${offered === undefined ? "refused" : "read"}, ws: ${theirs === undefined ? "refused" : "read"}`,
  );
}

/** The answer goes with the offer, and both ends can talk by it. */
function talk(server: WSConnection): string {
  const [agreed] = server.extensions;
  if (agreed === undefined) return "none";
  const answer = Object.fromEntries(agreed.parameters.map(([name, value]) => [name, [value ?? true]]));
  new ws.PerMessageDeflate({ isServer: false, clientMaxWindowBits: true, serverMaxWindowBits: true }).accept([answer]);
  const codec = permessageDeflate().confirm(agreed.parameters);
  if (codec === undefined) throw new Error(`a client refuses ${JSON.stringify(agreed)}`);
  const client = new WSConnection("client", { handshake: "none", extensions: [{ ...agreed, codec }] });
  const bytes = server.bytesToSend();
  const head = textOf(bytes).indexOf("\r\n\r\n") + 4;
  if (head !== bytes.length) throw new Error("more than an answer");
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    for (let i = 0; i < 3; i++) {
      from.sendData(text);
      to.receiveBytes(from.bytesToSend());
      const told = [...to.events()].filter(({ type }) => type === "textReceived") as (WSEvent & { data: string })[];
      same(told.map(({ data }) => data).join(""), text, "received data differs:");
    }
  }
  return agreed.parameters.map((parameter) => parameter.join("=")).join(";");
}

const withMode = (mode: number, header: string): Bytes => join(Uint8Array.of(mode), bytesOf(header));

export const extensionHeaderTarget: Target = {
  name: "extensionHeader",
  seeds: () =>
    servers.flatMap((_, mode) => [
      withMode(mode, "permessage-deflate"),
      withMode(mode, "permessage-deflate; client_max_window_bits; server_max_window_bits=10"),
      withMode(mode, 'permessage-deflate; server_max_window_bits="8"; server_no_context_takeover, permessage-deflate'),
      withMode(mode, "x-other; a=1; b; a=2, permessage-deflate; client_no_context_takeover"),
    ]),
  mutate: (random, input, other) =>
    withMode(
      random.oneIn(20) ? random.below(4) : (input[0] ?? 0),
      textOf(mutateHeads(random, input.slice(1), other.slice(1))),
    ),
  run(input) {
    const header = textOf(input.subarray(1));
    // What no field value may be is for the target of heads.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(header) || header.trim() === "") return "no value";
    const { server, offered, why } = ask(header, input[0] ?? 0);
    const difference = compareGrammar(header, offered);
    return [input[0], why ?? talk(server), offered?.length, difference].join("|");
  },
};
