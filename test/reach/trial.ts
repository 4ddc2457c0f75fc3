/** What a client tries with a server, over whatever carries it. Runs in Node and in pages, on any `WebSocket` class. */

export interface Trial {
  /** Where the server echoes, and where it refuses. */
  readonly url: string;
  readonly refusedURL: string;
  /** How much is echoed, in bytes. */
  readonly bytes: number;
  /** A class of this library shows the body of a refusal; a browser's own does not. */
  readonly seesRefusals: boolean;
}

export interface Outcome {
  /** How long the echo took, in milliseconds. */
  readonly echoMs: number;
  /** What was not as it should be; empty if all was. */
  readonly problems: readonly string[];
}

/** The constructor, as far as it is used. */
type SocketClass = new (url: string, protocols?: string[]) => WebSocket;

const MESSAGE_BYTES = 256 * 1024;

/** How much may be on the way, so that nothing is kept without bound. */
const WINDOW_BYTES = 16 * MESSAGE_BYTES;

export async function tryServer(Socket: SocketClass, trial: Trial): Promise<Outcome> {
  const problems: string[] = [];
  const expect = (what: string, got: unknown, wanted: unknown): void => {
    if (got !== wanted) problems.push(`${what}: ${String(got)}, not ${String(wanted)}`);
  };

  const refused = new Socket(trial.refusedURL);
  const { event } = await endOf(refused);
  if (trial.seesRefusals) {
    const { rejection } = Object(Object(event).cause) as {
      rejection?: { status: number; body: Uint8Array; headers: Headers };
    };
    expect("the status of the refusal", rejection?.status, 401);
    expect("a header of the refusal", rejection?.headers.get("www-authenticate"), "Bearer");
    expect("the body of the refusal", rejection && new TextDecoder().decode(rejection.body), "no token\n");
  } else {
    expect("the code of the refusal", event.code, 1006);
  }

  const socket = await opened(new Socket(trial.url, ["other", "chat"]));
  expect("the subprotocol", socket.protocol, "chat");
  socket.send("cookie");
  expect("the cookie", (await nextMessage(socket)).data, "sid=42");
  const sent = randomBytes(trial.bytes);
  const beganMs = performance.now();
  const got = await echoed(socket, sent);
  const echoMs = performance.now() - beganMs;
  expect("the hash of the echo", await hashOf(got), await hashOf(sent));
  socket.close(4000, "bye");
  expect("the close by the client", describe((await endOf(socket)).event), "4000 bye, clean");

  const closed = await opened(new Socket(trial.url, ["chat"]));
  closed.send("close 4321 enough");
  expect("the close by the server", describe((await endOf(closed)).event), "4321 enough, clean");
  return { echoMs, problems };
}

async function echoed(socket: WebSocket, sent: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const got = new Uint8Array(sent.length);
  let sentBytes = 0;
  let gotBytes = 0;
  socket.binaryType = "arraybuffer";
  await new Promise<void>((resolve, reject) => {
    const fill = (): void => {
      while (sentBytes < sent.length && sentBytes - gotBytes < WINDOW_BYTES) {
        socket.send(sent.subarray(sentBytes, (sentBytes += MESSAGE_BYTES)));
      }
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      got.set(new Uint8Array(data), gotBytes);
      gotBytes += data.byteLength;
      if (gotBytes === sent.length) resolve();
      else fill();
    };
    socket.onclose = (event) => reject(new Error(`closed in the middle of the echo: ${describe(event)}`));
    fill();
  });
  socket.onmessage = socket.onclose = null;
  return got;
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onclose = (event) => reject(new Error(`not opened: ${describe(event)}`));
  });
}

function nextMessage(socket: WebSocket): Promise<MessageEvent> {
  return new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
}

function endOf(socket: WebSocket): Promise<{ event: CloseEvent }> {
  return new Promise((resolve) => socket.addEventListener("close", (event) => resolve({ event }), { once: true }));
}

function describe({ code, reason, wasClean }: CloseEvent): string {
  return `${code} ${reason}, ${wasClean ? "clean" : "not clean"}`;
}

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
