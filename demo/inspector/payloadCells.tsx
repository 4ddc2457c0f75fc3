/** A masked payload byte by byte: what is on the wire, the byte of the key that it is combined with, and the result. */
import type { VNode } from "preact";
import type { FrameRecord } from "../../src/inspect/index.ts";
import { ascii, count, hex } from "../model/format.ts";

interface Props {
  readonly record: FrameRecord;
  /** How many bytes fit. */
  readonly columns: number;
}

export function PayloadCells({ record, columns }: Props): VNode | null {
  const { maskingKey, payload, payloadLength } = record;
  if (maskingKey === undefined || payload.length === 0) return null;
  const shown = payload.subarray(0, columns);
  const wire = shown.map((byte, index) => byte ^ maskingKey[index & 3]!);
  const key = shown.map((_, index) => maskingKey[index & 3]!);
  // Compressed bytes are not text yet.
  const isText = record.inflated === undefined && (record.messageType === "text" || record.opcode >= 8);
  return (
    <table class="payload-cells">
      <caption>
        Wire ⊕ key = {isText ? "text" : "data"}
        {payloadLength > shown.length &&
          `, the first ${count(shown.length, "byte")} of ${payloadLength.toLocaleString("en")}`}
      </caption>
      <tbody>
        <Row name="wire" cells={wire} show={hex} kind="wire" />
        <Row name="⊕ key" cells={key} show={hex} kind="key" />
        <Row name="=" cells={shown} show={hex} kind="plain" />
        {isText && <Row name="" cells={shown} show={ascii} kind="plain" />}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly name: string;
  readonly cells: Uint8Array;
  readonly show: (bytes: Uint8Array) => string;
  readonly kind: "wire" | "key" | "plain";
}

function Row({ name, cells, show, kind }: RowProps): VNode {
  return (
    <tr class={kind}>
      <th scope="row">{name === "" ? <span class="spoken">as text</span> : name}</th>
      {Array.from(cells, (byte, index) => (
        <td key={index}>{show(Uint8Array.of(byte))}</td>
      ))}
    </tr>
  );
}
