/** Messages are compressed by a custom engine: Node's zlib here, a WebAssembly build in a page. */
import { expect, test } from "vitest";
import { permessageDeflateWith } from "../../src/deflate/index.ts";
import { accept, connect } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";
import { nodeZlibEngine } from "./nodeZlibEngine.ts";

test("both ends compress with the given engine", async () => {
  const extensions = [permessageDeflateWith(nodeZlibEngine, { level: 1 })];
  const [near, far] = pipe();
  const accepting = accept(far, { extensions }).then((request) => request.accept());
  const [client, server] = await Promise.all([connect(near, { extensions }), accepting]);
  await client.send("ha".repeat(5000));
  expect(await server.receive()).toBe("ha".repeat(5000));
  expect(client.extensions).toMatch(/^permessage-deflate/);
});
