/**
 * Runs every case of a fuzzing server over TCP, echoing messages: `npm run autobahn:client -- URL [--deflate]`. Ends with
 * an error if the server can't be reached or a case does not end; whether a case passed is for the server to say.
 */
import { connect } from "node:net";
import { ConnectionType, WSConnection, type WSEvent } from "../../src/index.ts";
import { drive } from "../peers/tcp.ts";
import { echo, fail, limits, readArguments } from "./echo.ts";

const AGENT = "websocket-over";

const { argument, caseTimeoutMs, extensions } = readArguments("npm run autobahn:client -- URL [--deflate]");
const url = URL.parse(argument);
if (url?.protocol !== "ws:") fail(`not a ws: URL: ${argument}`);

try {
  const count = await getCaseCount(url);
  for (let number = 1; number <= count; number++) {
    await visit(url, `/runCase?case=${number}&agent=${AGENT}`, echo);
  }
  await visit(url, `/updateReports?agent=${AGENT}`, echo);
  console.log(`${count} cases have been run`);
} catch (error) {
  fail((error as Error).message);
}

async function getCaseCount(base: URL): Promise<number> {
  let text = "";
  await visit(base, "/getCaseCount", (_, event) => {
    if (event.type === "textReceived") text += event.data;
  });
  const count = Number(text);
  if (text === "" || !Number.isInteger(count)) throw new Error(`/getCaseCount told no number, but "${text}"`);
  return count;
}

/** Opens one connection, and waits until it is closed, however it ends: many cases end badly on purpose. */
function visit(base: URL, resource: string, react: (connection: WSConnection, event: WSEvent) => void): Promise<void> {
  const connection = new WSConnection(ConnectionType.CLIENT, {
    host: base.host,
    resource: base.pathname.replace(/\/$/, "") + resource,
    limits,
    extensions,
  });
  const socket = connect({ host: base.hostname.replace(/^\[|\]$/g, ""), port: Number(base.port || 80), noDelay: true });
  return new Promise((resolve, reject) => {
    let open = false;
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${resource} did not end in ${caseTimeoutMs} ms`));
    }, caseTimeoutMs);
    drive(connection, socket, (event) => {
      if (event.type === "connectionEstablished") open = true;
      react(connection, event);
    });
    socket.on("error", (error) => {
      if (!open) reject(error);
    });
    socket.on("close", () => {
      clearTimeout(deadline);
      if (open) resolve();
      else reject(new Error(`${resource} was not opened`));
    });
  });
}
