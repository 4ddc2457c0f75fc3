/** The worker of the server if a message port carries the bytes: takes commands, and posts reports. */
import type { Vector } from "../../src/inspect/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import type { Command } from "./command.ts";
import { startEnd, type Behaviour, type End, type Report } from "./end.ts";

export type ToWorker =
  | { readonly type: "start"; readonly port: MessagePort; readonly behaviour: Behaviour }
  | { readonly type: "perform"; readonly id: number; readonly commands: readonly Command[] }
  | { readonly type: "behave"; readonly behaviour: Behaviour }
  | { readonly type: "vector"; readonly id: number };

export type FromWorker =
  | { readonly type: "report"; readonly report: Report }
  | { readonly type: "performed"; readonly id: number; readonly refusal: string | undefined }
  | { readonly type: "vector"; readonly id: number; readonly vector: Vector };

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
let end: End | undefined;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "start":
      end = startEnd(
        messagePortTransport(data.port, { windowBytes: 64 * 1024 }),
        { role: "server", behaviour: data.behaviour },
        (report) => scope.postMessage({ type: "report", report }),
      );
      break;
    case "perform":
      scope.postMessage({ type: "performed", id: data.id, refusal: end?.perform(data.commands) });
      break;
    case "vector":
      if (end !== undefined) scope.postMessage({ type: "vector", id: data.id, vector: end.vector() });
      break;
    case "behave":
      end?.behave(data.behaviour);
      break;
  }
};
