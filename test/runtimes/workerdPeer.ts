/**
 * The library over workerd's `connect()`, whose sockets are already transports: a request for `/client?port=PORT` tests
 * a server there, and `/server?port=PORT` serves the listener there, once.
 */
import { connect } from "cloudflare:sockets";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { serve } from "../../src/stream/index.ts";
import { answers } from "../support/answers.ts";
import { tryAll } from "./tries.ts";

const answer = answers();

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const dial = (): ReturnType<typeof connect> =>
      connect({ hostname: "127.0.0.1", port: Number(searchParams.get("port")) });
    const lines: string[] = [];
    if (pathname === "/client") await tryAll(dial, (line) => lines.push(line));
    else await serve([dial()], answer, { extensions: [permessageDeflate()] });
    return new Response(lines.join("\n"));
  },
};
