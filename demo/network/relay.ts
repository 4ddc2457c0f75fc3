/** The relay of the command `playground`, if that serves this page: with it the client reaches servers over TCP. */
import { signal } from "@preact/signals";

/** The addresses that it reaches; `undefined` if there is none. */
export const relayed = signal<readonly string[] | undefined>(undefined);

const KEY = "playground.relay";
const HASH = /^#relay=([\w-]+)$/;
let token: string | undefined;

/** Takes the token out of the URL, which may be shared, and asks where the relay leads. */
export async function findRelay(): Promise<void> {
  token = HASH.exec(location.hash)?.[1] ?? kept();
  if (token === undefined) return;
  if (HASH.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // A reload loses it.
  }
  try {
    const answer = await fetch(`./relay?token=${token}`);
    if (answer.ok) relayed.value = ((await answer.json()) as { readonly to: readonly string[] }).to;
  } catch {
    // The command was stopped.
  }
}

/** Whether the command serves this page. */
export function isServedByCommand(): boolean {
  return token !== undefined;
}

/** The address of a server, as the relay writes it. */
export function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "wss:" ? "443" : "80")}`;
}

/** The WebSocket of the page's own server that carries the bytes to this one. */
export function relayURL(server: URL): string {
  const url = new URL("./relay", location.href);
  url.protocol = "ws:";
  url.hash = "";
  url.search = new URLSearchParams({
    token: token!,
    to: addressOf(server),
    ...(server.protocol === "wss:" && { tls: "" }),
  }).toString();
  return url.href;
}

function kept(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined; // blocked for this page
  }
}
