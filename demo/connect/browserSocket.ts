/** The browser's own `WebSocket`, for servers that the page can't reach byte by byte: messages only. */
import { signal } from "@preact/signals";
import { BoundedLog } from "../model/boundedLog.ts";
import { hex, quoted } from "../model/format.ts";

export interface Line {
  readonly from: "page" | "server" | "browser";
  readonly text: string;
}

export type SocketState = "none" | "connecting" | "open" | "closed";

export const socketState = signal<SocketState>("none");
export const socketLog = signal(new BoundedLog<Line>());

let socket: WebSocket | undefined;

/** Returns why the browser refuses the URL, if it does. */
export function openSocket(url: string, subprotocols: string[]): string | undefined {
  let opened: WebSocket;
  try {
    opened = new WebSocket(url, subprotocols);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  socket?.close();
  socket = opened;
  opened.binaryType = "arraybuffer";
  const log = (socketLog.value = new BoundedLog<Line>());
  const say = (from: Line["from"], text: string): void => log.append({ from, text });
  const changed = (state: SocketState): void => {
    if (socket === opened) socketState.value = state;
  };
  changed("connecting");
  opened.onopen = () => {
    changed("open");
    say("browser", `open${opened.protocol === "" ? "" : `, with the subprotocol ${opened.protocol}`}`);
  };
  opened.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
    say("server", typeof data === "string" ? quoted(data) : bytesText(new Uint8Array(data)));
  opened.onclose = ({ code, reason, wasClean }) => {
    changed("closed");
    const why = reason === "" ? "" : `, ${quoted(reason)}`;
    say("browser", wasClean ? `closed with ${code}${why}` : `failed with ${code}${why}: browsers do not tell why`);
  };
  return undefined;
}

export function sendText(text: string): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  socketLog.value.append({ from: "page", text: quoted(text) });
}

export function closeSocket(): void {
  socket?.close(1000);
}

function bytesText(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${hex(bytes.subarray(0, 64))}${bytes.length > 64 ? " …" : ""}`;
}
