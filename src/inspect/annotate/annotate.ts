/** Splits a record into its fields, with their position and meaning, for display in an inspector. */
import { advice, requireKind } from "../../core/options.ts";
import type { Annotation } from "./annotation.ts";
import { Annotator } from "./annotation.ts";
import { annotateFrame } from "./annotateFrame.ts";
import { annotateHead } from "./annotateHead.ts";
import type { BodyRecord, TraceRecord } from "../record.ts";

/**
 * The fields of a record in the order of its bytes, as far as it has arrived. Together they cover the record. Returns
 * new objects each time, which share nothing with the record.
 *
 * @example
 * ```ts
 * import { annotate, decode } from "websocket-over/inspect";
 *
 * const [frame] = decode({ server: Uint8Array.of(0x81, 0x02, 0x68, 0x69) });
 * const [, , , , opcode] = annotate(frame!);
 * console.log(opcode?.label, opcode?.display, opcode?.section); // → Opcode 0x1 text RFC 6455 §5.6
 * ```
 */
export function annotate(record: TraceRecord): Annotation[] {
  requireKind(
    "annotate() takes a record,",
    record,
    "{ kind, sender, events }",
    advice({
      records: "give it each of its records",
      map: "give it each of them",
    }),
  );
  switch (record.kind) {
    case "frame":
      return annotateFrame(record);
    case "head":
      return annotateHead(record);
    case "body":
      return [annotateBody(record)];
  }
}

function annotateBody(record: BodyRecord): Annotation {
  const { bytes, length, message } = record;
  const rejection = message === "rejection";
  return new Annotator(record, bytes).bytes(0, length, {
    name: "body",
    label: rejection ? "Body" : "Not decoded",
    value: length,
    display: `${length} bytes`,
    explanation: rejection
      ? "The body of the server's answer. The server refused the WebSocket, so this is plain HTTP. It often says why."
      : "These bytes follow an error, so it is unknown where the next frame starts.",
    section: rejection ? "RFC 9112 §6" : "RFC 6455 §4.2.2",
  });
}
