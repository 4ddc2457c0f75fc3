/** How the `Receiver` of ws handles a stream of bytes. */
import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import { tell, type Verdict } from "./verdict.ts";

interface Library {
  readonly Receiver: new (options: object) => Writable;
  readonly PerMessageDeflate: PerMessageDeflate;
}

type PerMessageDeflate = new (options: object) => { accept(offers: object[]): object; cleanup(): void };

const { Receiver, PerMessageDeflate } = createRequire(import.meta.url)("ws") as Library;

export interface WsOptions {
  readonly role: "client" | "server";
  /** Whether permessage-deflate is agreed on, and with what. */
  readonly deflate?: { readonly noTakeover: boolean } | undefined;
  readonly maxMessageBytes: number;
}

interface WsError extends Error {
  readonly code: string;
}

/** Gives all of the bytes at once, and waits until ws has looked at them. */
export async function wsVerdict(bytes: Uint8Array, { role, deflate, maxMessageBytes }: WsOptions): Promise<Verdict> {
  const isServer = role === "server";
  const extension = deflate && new PerMessageDeflate({ isServer, maxPayload: maxMessageBytes });
  if (deflate !== undefined) {
    const takeover = deflate.noTakeover
      ? { server_no_context_takeover: [true], client_no_context_takeover: [true] }
      : {};
    extension?.accept([takeover]);
  }
  const receiver = new Receiver({
    isServer,
    maxPayload: maxMessageBytes,
    extensions: extension === undefined ? {} : { "permessage-deflate": extension },
  });
  const told: string[] = [];
  let end = "open";
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    told.push(isBinary ? `binary ${tell("", data).trim()}` : tell("text", data.toString()));
  });
  receiver.on("ping", (data: Buffer) => told.push(tell("ping", data)));
  receiver.on("pong", (data: Buffer) => told.push(tell("pong", data)));
  receiver.on("conclude", (code: number, reason: Buffer) => (end = `close ${code} ${reason.toString()}`));
  let fault: string | undefined;
  await new Promise<void>((resolve) => {
    receiver.on("error", (error: WsError) => {
      const status = Object.getOwnPropertySymbols(error).find(({ description }) => description === "status-code");
      end = `fault ${String(status && (error as unknown as Record<symbol, number>)[status])}`;
      fault = error.code;
      resolve();
    });
    receiver.write(Buffer.from(bytes), () => resolve());
  });
  extension?.cleanup();
  return { told, end, fault };
}
