/** A tap on a transport sees all bytes, and behaves like the transport below. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { tapTransport, type Trace } from "../../src/inspect/index.ts";
import { accept, connect } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { contract } from "../transports/contract.ts";
import { hex } from "../support/wire.ts";

contract(
  "a pipe that is tapped at both ends",
  () => {
    const [near, far] = pipe();
    return Promise.resolve([tapTransport(near, "client").transport, tapTransport(far, "server").transport]);
  },
  { heldBytes: 256 * 1024 },
);

const opcodes = (trace: Trace): string[] =>
  trace.records.map((record) => `${record.direction} ${record.kind === "frame" ? record.opcode : record.kind}`);

describe("tapTransport", () => {
  test("sees the bytes of anything that uses it, in both directions", async () => {
    const [near, far] = pipe({ handOver: true });
    const extensions = [permessageDeflate()];
    const client = tapTransport(near, "client", { extensions });
    const server = tapTransport(far, "server", { extensions });
    const accepting = accept(server.transport, { extensions }).then((request) => request.accept());
    const session = await connect(client.transport, { extensions });
    const peer = await accepting;
    await session.send("hello hello hello");
    expect(await peer.receive()).toBe("hello hello hello");
    await session.close({ closeCode: 1000 });
    await peer.closed;
    expect(opcodes(client.trace)).toEqual(["sent head", "received head", "sent 1", "sent 8", "received 8"]);
    expect(opcodes(server.trace)).toEqual(["received head", "sent head", "received 1", "received 8", "sent 8"]);
    for (const { trace } of [client, server]) {
      expect(trace.records.flatMap(({ violations }) => violations)).toEqual([]);
      expect(trace.records[2]).toMatchObject({ rsv: 4, inflatedLength: 17 });
    }
  });

  test("a request that came with the transport precedes its bytes", () => {
    const [near] = pipe();
    const request = { method: "GET", target: "/x", headers: [["Host", "a"]] as [string, string][] };
    const { trace, transport } = tapTransport({ ...near, request, remoteAddress: "192.0.2.7" }, "server");
    expect(trace.records[0]).toMatchObject({ kind: "head", direction: "received", startLine: "GET /x HTTP/1.1" });
    expect(transport).toMatchObject({ request, remoteAddress: "192.0.2.7" });
  });

  test.each<[string, (near: ByteTransport, far: ByteTransport) => unknown, string]>([
    ["by close()", (near) => near.close!(), "fulfilled"],
    ["by the other end", (_, far) => far.writable.close(), "fulfilled"],
    ["by a reset", (_, far) => far.writable.abort("gone"), "rejected"],
  ])("ends %s even if nobody reads", async (_, end, how) => {
    const [below, far] = pipe();
    const { transport } = tapTransport(below, "client");
    const { closed } = transport.readable.getReader();
    await end(transport, far);
    expect((await Promise.allSettled([closed]))[0].status).toBe(how);
  });

  test("a transport in use is refused", () => {
    const [near] = pipe();
    near.readable.getReader();
    expect(() => tapTransport(near, "client")).toThrow(TypeError);
  });

  test("after stop() bytes pass as before", async () => {
    const [near, far] = pipe();
    const { transport, trace }: { transport: ByteTransport; trace: Trace } = tapTransport(near, "client");
    trace.stop();
    void transport.writable.getWriter().write(hex("01 02"));
    expect((await far.readable.getReader().read()).value).toEqual(hex("01 02"));
    expect(trace.records).toEqual([]);
  });
});
