/** `playground`: serves the page that shows every bit, and a relay from it to the servers that the user names. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { upgrades } from "../transports/node.ts";
import { CommandError, ExitStatus } from "./failure.ts";
import { answerWithFile, folderOf, say } from "./files.ts";
import { parseAddress, Relay, RELAY_PATH } from "./relay.ts";
import { authorityOf, listenOn, portOf } from "./serve.ts";
import { listOption, textOption, type Verb } from "./verb.ts";

/** The built page. This relative path holds for the sources and for the built command. */
const PAGE = fileURLToPath(new URL("../../demo/dist/", import.meta.url));

/** No other page may frame it, read its files, or learn its URL. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export const playground: Verb = {
  name: "playground",
  usage: "playground [options]",
  summary: "a page that shows every bit of a WebSocket",
  details: `Serves the playground on 127.0.0.1 and prints its URL. With --to, its client also opens ws:// and wss:// URLs of
those servers, and shows every bit that they send: the page's bytes pass through this command. It reaches no other
server, and serves no other page. The URL has a secret in it: share it with nobody.
Example: websocket-over playground --to 127.0.0.1:8080`,
  options: {
    to: { type: "string", multiple: true, value: "HOST:PORT", help: "let the page connect there; may be repeated" },
    port: { type: "string", value: "N", help: "where to listen; a free port by default" },
    ca: { type: "string", value: "FILE", help: "trust the certificates in this PEM file for wss:" },
    page: { type: "string", value: "DIR", help: "serve this build of the page in place of the package's" },
  },
  positionals: [0, 0],
  async run(_, values, terminal, { signal }) {
    const port = portOf(textOption(values, "port") ?? "0");
    const to = listOption(values, "to").map(parseAddress);
    const folder = textOption(values, "page");
    const root = await (folder === undefined ? packagedPage() : folderOf(folder, "page"));
    const ca = textOption(values, "ca");
    const relay = new Relay({
      to,
      tls: ca === undefined ? {} : { ca: readFileSync(ca) },
      note: (line) => terminal.note(line),
    });
    const http = createServer((request, response) => {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      const isRelay = request.url?.split("?", 1)[0] === RELAY_PATH;
      const refusal = isRelay ? relay.refusalOf(request, false) : relay.refusalOfHost(request);
      if (refusal !== undefined) say(response, 403, refusal);
      else if (isRelay) response.setHeader("content-type", "application/json").end(JSON.stringify({ to: relay.to }));
      else answerWithFile(root, request, response).catch(() => response.destroy());
    });
    await listenOn(http, port, "127.0.0.1");
    const authority = authorityOf(http);
    relay.serve(upgrades(http), Number(new URL(`http://${authority}`).port));
    terminal.print(`playground: http://${authority}/#relay=${relay.token}`);
    terminal.note(
      relay.to.length === 0
        ? "it reaches no server: name some with --to HOST:PORT"
        : `its relay reaches ${relay.to.join(", ")}`,
    );
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    relay.close();
    http.close();
    http.closeAllConnections();
    return ExitStatus.DONE;
  },
};

async function packagedPage(): Promise<string> {
  return await folderOf(PAGE, "page").catch(() => {
    throw new CommandError("the playground has not been built: npm run build writes it; or name a build with --page");
  });
}
