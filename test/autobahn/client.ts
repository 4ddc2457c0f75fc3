/**
 * Runs every case of a fuzzing server over TCP, echoing messages: `npm run autobahn:client -- URL [--deflate]`. Ends with
 * an error if the server can't be reached or a case does not end; whether a case passed, or should have been opened, is for
 * the server to say.
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
    const problem = await visit(url, `/runCase?case=${number}&agent=${AGENT}`, echo);
    if (problem !== undefined) console.log(`case ${number} was not opened: ${problem}`);
  }
  await open(url, `/updateReports?agent=${AGENT}`, echo);
  console.log(`${count} cases have been run`);
} catch (error) {
  fail((error as Error).message);
}

async function getCaseCount(base: URL): Promise<number> {
  let text = "";
  await open(base, "/getCaseCount", (_, event) => {
    if (event.type === "textReceived") text += event.data;
  });
  const count = Number(text);
  if (text === "" || !Number.isInteger(count)) throw new Error(`/getCaseCount told no number, but "${text}"`);
  return count;
}

type React = (connection: WSConnection, event: WSEvent) => void;

/** Visits a resource that is not a case, so its opening must succeed. */
async function open(base: URL, resource: string, react: React): Promise<void> {
  const problem = await visit(base, resource, react);
  if (problem !== undefined) throw new Error(`${resource} was not opened: ${problem}`);
}

/**
 * Makes one connection, and waits until it is closed, however it ends: many cases end badly on purpose. Fulfilled with
 * why it was not opened, if so. Rejected if the server can't be reached, or the case does not end.
 */
function visit(base: URL, resource: string, react: React): Promise<string | undefined> {
  const connection = new WSConnection(ConnectionType.CLIENT, {
    host: base.host,
    resource: base.pathname.replace(/\/$/, "") + resource,
    limits,
    extensions,
  });
  const socket = connect({ host: base.hostname.replace(/^\[|\]$/g, ""), port: Number(base.port || 80), noDelay: true });
  return new Promise((resolve, reject) => {
    let problem: string | undefined = "the stream ended";
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${resource} did not end in ${caseTimeoutMs} ms`));
    }, caseTimeoutMs);
    drive(connection, socket, (event) => {
      if (event.type === "connectionEstablished") problem = undefined;
      if (event.type === "connectionRejected") problem = `the server answered ${event.status}`;
      if (event.type === "connectionClosed" && problem !== undefined) problem = event.error?.message ?? problem;
      react(connection, event);
    });
    let connected = false;
    socket.on("connect", () => (connected = true));
    socket.on("error", (error) => {
      if (!connected) reject(error);
    });
    socket.on("close", () => {
      clearTimeout(deadline);
      resolve(problem);
    });
  });
}
