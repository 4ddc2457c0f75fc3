/** What the two drivers share: their command lines, and how an echoing end handles each event. */
import { parseArgs } from "node:util";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { defaultLimits, type Extension, type Limits, type WSConnection, type WSEvent } from "../../src/index.ts";

/**
 * Group 9 asks for messages of 16 MiB, and for 4 MiB in 65,536 fragments of 64 bytes. The defaults allow as much: this
 * only holds them there.
 */
export const limits: Partial<Limits> = {
  maxMessageBytes: Math.max(defaultLimits.maxMessageBytes, 16 * 1024 * 1024),
  maxFrameBytes: Math.max(defaultLimits.maxFrameBytes, 16 * 1024 * 1024),
  maxFragments: Math.max(defaultLimits.maxFragments, 65_536),
};

/**
 * With `--deflate`. A client offers what group 13 wants of it, which forgets only where a server asks it to: whoever
 * takes the first offer has a client that keeps its window.
 */
export const compression: readonly Extension[] = [
  permessageDeflate(),
  permessageDeflate({ clientNoContextTakeover: true }),
];

/** The positional argument, `--case-timeout-ms`, and the extensions of `--deflate`. Ends the process, with a usage line, if it is not understood. */
export function readArguments(usage: string): {
  argument: string;
  caseTimeoutMs: number;
  extensions: readonly Extension[];
} {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { deflate: { type: "boolean" }, "case-timeout-ms": { type: "string" } },
    });
    const [argument] = positionals;
    // Autobahn itself gives its longest cases 100 seconds.
    const caseTimeoutMs = Number(values["case-timeout-ms"] ?? 120_000);
    if (argument !== undefined && positionals.length === 1 && caseTimeoutMs > 0) {
      return { argument, caseTimeoutMs, extensions: values.deflate === true ? compression : [] };
    }
  } catch (error) {
    console.error((error as Error).message);
  }
  fail(`usage: ${usage}`);
}

/** Ends the process. */
export function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

/**
 * Echoes each piece of a message as a fragment. So a message of any size takes no more memory than one of its chunks,
 * and bad UTF-8 is refused before the message is complete.
 */
export function echo(connection: WSConnection, event: WSEvent): void {
  switch (event.type) {
    case "connectionRequested":
      connection.accept(event);
      return;
    case "textReceived":
    case "bytesReceived":
      connection.sendData(event.data, event.messageFinished);
      return;
    case "connectionEstablished":
    case "connectionRejected":
    case "rejectionData":
    case "pingReceived": // answered by the connection
    case "pongReceived":
    case "connectionClosed":
      return;
    default:
      event satisfies never;
  }
}
