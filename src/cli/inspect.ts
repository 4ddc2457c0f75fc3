/** `inspect FILE`: explains every frame of a captured connection, and names the rules that it breaks. */
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { permessageDeflate } from "../deflate/index.ts";
import { toHex } from "../inspect/hex.ts";
import { annotate, Decoder, type Annotation, type CapturedConnection, type TraceRecord } from "../inspect/index.ts";
import { readInput, type Input } from "./captureInput.ts";
import { CommandError, complaint, ExitStatus, UsageError } from "./failure.ts";
import type { Terminal } from "./terminal.ts";
import { textOption, type Verb } from "./verb.ts";
import { explainRecord } from "./words.ts";

export const inspect: Verb = {
  name: "inspect",
  usage: "inspect [options] FILE|-",
  summary: "explains every frame of a capture in words",
  details: `Reads pcap, pcapng, HAR, a vector of this library, or a hex dump; - is standard input. In a hex dump, lines
that begin with > are the client's, and with < the server's. Exit status 1 if a rule is broken.
Example: echo "81 05 48 65 6c 6c 6f" | websocket-over inspect -`,
  options: {
    from: { type: "string", value: "client|server", help: "whose bytes a hex dump has" },
    json: { type: "boolean", short: "j", help: "print JSON" },
    all: { type: "boolean", short: "a", help: "show connections of other protocols, too" },
  },
  positionals: [1, 1],
  async run([path], values, terminal) {
    const from = textOption(values, "from");
    if (from !== undefined && from !== "client" && from !== "server") {
      throw new UsageError(`--from is client or server, not ${from}`);
    }
    const bytes = path === "-" ? await buffer(process.stdin) : await fileAt(path!);
    const input = read(path!, bytes, from);
    const shown = input.connections.filter(({ content }) => values.all === true || isReadable(content));
    if (shown.length === 0) throw new CommandError(`${path!}: ${whyNothing(input)}`);
    const decoded = shown.map((connection) => ({ connection, records: decodeAll(connection, input) }));
    if (values.json === true) terminal.print(JSON.stringify(decoded.map(toJSON), null, 1));
    else for (const [i, { connection, records }] of decoded.entries()) show(i + 1, connection, records, terminal);
    const isBroken = decoded.some(({ records }) => records.some(({ violations }) => violations.length > 0));
    return isBroken ? ExitStatus.FAILED : ExitStatus.DONE;
  },
};

async function fileAt(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    // Of a folder, Node's error does not name the path.
    throw Object.assign(error as Error, { path });
  }
}

function read(path: string, bytes: Uint8Array, from: "client" | "server" | undefined): Input {
  try {
    return readInput(bytes, from);
  } catch (error) {
    throw new CommandError(`${path === "-" ? "standard input" : path}: ${complaint(error)}`);
  }
}

function isReadable(content: CapturedConnection["content"]): boolean {
  return content === "websocket" || content === "unknown";
}

function whyNothing({ connections }: Input): string {
  if (connections.some(({ content }) => content === "tls")) {
    return "there is only TLS in it, which can't be read; capture behind the TLS, or save a HAR in the browser";
  }
  return connections.length === 0
    ? "there is no connection in it"
    : "there is no WebSocket in it; --all shows the rest";
}

/** Decodes the bytes in the order in which they came. */
function decodeAll({ chunks }: CapturedConnection, { options }: Input): TraceRecord[] {
  const records: TraceRecord[] = [];
  const decoder = new Decoder({
    ...options,
    extensions: [permessageDeflate()],
    onRecord: (record) => (records[record.id] = record),
  });
  for (const { sender, bytes, timeMs } of chunks) decoder.receive(sender, bytes, timeMs);
  return records;
}

function show(
  number: number,
  connection: CapturedConnection,
  records: readonly TraceRecord[],
  terminal: Terminal,
): void {
  const { client, server } = connection.addresses;
  const ends = [client, server].filter((name) => name !== "").join(" → ");
  terminal.print(terminal.paint("yellow", `connection ${number}${ends === "" ? "" : `, ${ends}`}`));
  for (const record of records) terminal.print(`\n${explainRecord(record, terminal)}`);
  for (const { sender, offset, length } of connection.missing) {
    terminal.print(`\nthe capture lacks ${length} bytes of the ${sender} at ${offset}: what follows is not shown`);
  }
  const broken = records.reduce((sum, { violations }) => sum + violations.length, 0);
  terminal.print(`\n${records.length} records, ${broken} broken rules\n`);
}

function toJSON({ connection, records }: { connection: CapturedConnection; records: TraceRecord[] }): object {
  const { addresses, content, missing } = connection;
  return {
    addresses,
    content,
    missing,
    records: records.map((record) => {
      const { kind, sender, offset, length, complete, firstMs, lastMs, violations } = record;
      const fields = annotate(record).map(fieldToJSON);
      return { kind, sender, offset, length, complete, firstMs, lastMs, violations, fields };
    }),
  };
}

function fieldToJSON({ bytes, parts, ...field }: Annotation): object {
  return { ...field, bytes: toHex(bytes), parts: parts.map(fieldToJSON) };
}
