/** Plays a case against an echoing end, from either side, and judges what it does. */
import { CLOSE, type Frame, type RawPeer, type Received } from "./rawPeer.ts";
import type { Case, Ending, Reply } from "./cases.ts";

/** Resolves if the other side did what the case asks for, and rejects with what it did instead. */
export async function play({ exchanges, ending, deflate, inOneGo = false }: Case, peer: RawPeer): Promise<void> {
  try {
    if (deflate !== undefined && peer.deflate === undefined) throw new Error("permessage-deflate was not agreed on");
    const all = exchanges();
    if (inOneGo) await peer.send([...all.flatMap(({ sends }) => sends), ...closing(ending)]);
    for (const { sends, chop, compresses, expects } of all) {
      if (!inOneGo) await peer.send(sends, chop);
      if (compresses !== undefined) {
        await peer.sendCompressed(compresses.opcode, compresses.payload, compresses.fragmentBytes);
      }
      for (const expected of expects) requireReply(await peer.next(), expected);
    }
    if (!inOneGo) await peer.send(closing(ending));
    requireClose(await peer.next(), "fails" in ending ? ending.fails : codeOf(ending.closes));
    // §7.1.1: after a clean close the server hangs up first; who fails a connection hangs up without waiting.
    if ("closes" in ending && peer.role === "server") peer.end();
    const last = await peer.next();
    if (last.type !== "end") throw new Error(`expected the stream to end, got ${describe(last)}`);
  } finally {
    peer.destroy();
  }
}

function closing(ending: Ending): Frame[] {
  return "fails" in ending ? [] : [{ opcode: CLOSE, payload: ending.closes }, ...(ending.then ?? [])];
}

function codeOf(closeBody: Uint8Array): number | undefined {
  return closeBody.length < 2 ? undefined : (closeBody[0]! << 8) | closeBody[1]!;
}

function requireReply(received: Received, expected: Reply): void {
  const compressed = "compressed" in received && received.compressed;
  if (
    received.type === expected.type &&
    received.data.equals(expected.data) &&
    compressed === (expected.compressed ?? false)
  ) {
    return;
  }
  throw new Error(`expected ${describe(expected)}, got ${describe(received)}`);
}

function requireClose(received: Received, code: number | undefined): void {
  if (received.type === "close" && received.code === code) return;
  throw new Error(`expected a Close frame with ${code ?? "no code"}, got ${describe(received)}`);
}

function describe(received: Received | Reply): string {
  switch (received.type) {
    case "text":
    case "binary":
    case "pong":
    case "ping": {
      const { length } = received.data;
      const how = "compressed" in received && received.compressed ? "compressed " : "";
      return `${how}${received.type} of ${length} bytes, ${Buffer.from(received.data.subarray(0, 32)).toString("hex")}…`;
    }
    case "close":
      return `a Close frame with ${received.code ?? "no code"} "${received.reason}"`;
    case "end":
      return "the end of the stream";
    case "breach":
      return `a breach of ${received.what}`;
  }
}
