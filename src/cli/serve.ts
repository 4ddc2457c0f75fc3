/** `serve [PORT]`: an echo server that prints what it sees, with the files of a folder beside it. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { permessageDeflate } from "../deflate/index.ts";
import type { IncomingRequest } from "../stream/accept.ts";
import { serve as serveTransports } from "../stream/serve.ts";
import { upgrades } from "../transports/node.ts";
import { complaint, ExitStatus, UsageError } from "./failure.ts";
import { answerWithFile, folderOf, say } from "./files.ts";
import type { Terminal } from "./terminal.ts";
import { listOption, textOption, type Verb } from "./verb.ts";
import { visible } from "./visible.ts";
import { hexOf } from "./words.ts";

export const serve: Verb = {
  name: "serve",
  usage: "serve [options] [PORT]",
  summary: "an echo server that prints what it sees",
  details: `Sends every message back as it came. PORT is 8080 by default; 0 chooses a free one. It listens on 127.0.0.1
alone unless --host names another address. A request with the path /401 or any other status of an error is refused with
it, and one with ?close=4000 is closed with that code.
Example: websocket-over serve 8080 --static public`,
  options: {
    host: { type: "string", value: "ADDRESS", help: "the address to listen on; 127.0.0.1 by default" },
    static: { type: "string", value: "DIR", help: "serve the files of this folder, too" },
    origin: { type: "string", multiple: true, value: "ORIGIN", help: "let pages of it connect; any page: any" },
    compress: { type: "boolean", short: "c", help: "agree on permessage-deflate" },
    quiet: { type: "boolean", short: "q", help: "print no messages" },
  },
  positionals: [0, 1],
  async run([port = "8080"], values, terminal, { signal }) {
    const number = portOf(port);
    const folder = textOption(values, "static");
    const root = folder === undefined ? undefined : await folderOf(folder, "static");
    const http = createServer((request, response) => {
      if (root !== undefined) answerWithFile(root, request, response).catch(() => response.destroy());
      else say(response, 426, "this is a WebSocket server", { upgrade: "websocket", connection: "upgrade" });
    });
    const host = textOption(values, "host") ?? "127.0.0.1";
    await listenOn(http, number, host);
    const origins = listOption(values, "origin");
    const served = serveTransports(upgrades(http), echo(terminal, values.quiet === true), {
      signal,
      ...(origins.length > 0 && { origins: origins.includes("any") ? "any" : origins }),
      ...(values.compress === true && { extensions: [permessageDeflate()] }),
      closeTimeoutMs: 5000,
      onError: (error) => terminal.note(visible(complaint(error))),
    });
    const authority = authorityOf(http);
    terminal.print(`echo server: ws://${authority}/`);
    if (root !== undefined) terminal.print(`files of ${root}: http://${authority}/`);
    await served;
    http.close();
    http.closeAllConnections();
    return ExitStatus.DONE;
  },
};

export function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`a port is a number from 0 to 65535, not ${text}`);
  return port;
}

/** Rejects if it can't listen there. */
export async function listenOn(
  server: Pick<Server, "listen" | "once" | "off">,
  port: number,
  host: string,
): Promise<void> {
  server.listen(port, host);
  await once(server as Server, "listening");
}

/** Where a server listens, as a URL names it. */
export function authorityOf(server: Pick<Server, "address">): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

let connections = 0;

function echo(terminal: Terminal, quiet: boolean): (request: IncomingRequest) => Promise<void> {
  return async (request) => {
    const name = terminal.paint("blue", `#${++connections}`);
    const print = (line: string): void => terminal.print(`${name} ${line}`);
    const { target, url, origin, subprotocols } = request;
    const from = origin === undefined ? "" : ` from ${visible(origin)}`;
    const offers = subprotocols.length === 0 ? "" : `, offers ${subprotocols.join(", ")}`;
    print(`asks for ${visible(target)}${from}${offers}`);
    const refusal = /^\/([45]\d\d)$/.exec(url.pathname);
    if (refusal !== null) {
      await request.reject({ status: Number(refusal[1]), body: `the path asks for ${refusal[1]!}\n` });
      print(`refused with ${refusal[1]!}`);
      return;
    }
    const session = await request.accept({ subprotocol: subprotocols[0] });
    const code = Number(url.searchParams.get("close") ?? NaN);
    if (code >= 3000 && code <= 4999) void session.close({ closeCode: code }).catch(() => undefined);
    try {
      for await (const message of session) {
        if (!quiet)
          print(typeof message === "string" ? `text ${visible(message)}` : `${message.length} bytes ${hexOf(message)}`);
        await session.send(message);
      }
    } catch {
      // The client closed before it had its answer, or the connection failed: `closed` tells which.
    }
    const end = await session.closed.catch((error: unknown) => error as Error);
    if (end instanceof Error) {
      print(`failed: ${visible(complaint(end))}`);
      return;
    }
    const by = end.initiator === "local" ? "this side" : "the client";
    print(`closed by ${by}: ${end.closeCode}${end.reason === "" ? "" : ` ${visible(end.reason)}`}`);
  };
}
