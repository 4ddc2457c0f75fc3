/** A frame with a field for every bit, and presets that break one rule each. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { annotate, decode } from "../../src/inspect/index.ts";
import { Complaint } from "../components/complaint.tsx";
import { pasteBytes } from "../components/pasteBytes.ts";
import { Switch } from "../components/switch.tsx";
import { Clause } from "../inspector/clause.tsx";
import { fieldsOf } from "../inspector/fields.ts";
import { HexDump } from "../inspector/hexDump.tsx";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { chosenPreset, draft, frameIndex, sendDraft, takePreset } from "./breakerState.ts";
import { encodeSpec, plainFrame, type FrameSpec, type PayloadForm } from "./frameSpec.ts";
import { presets } from "./presets.ts";

const OPCODES: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

const index = (): number => Math.min(frameIndex.value, draft.value.frames.length - 1);
const current = (): FrameSpec => draft.value.frames[index()]!;

function change(part: Partial<FrameSpec>): void {
  const { frames } = draft.value;
  chosenPreset.value = undefined;
  draft.value = { ...draft.value, frames: frames.map((frame, at) => (at === index() ? { ...frame, ...part } : frame)) };
}

export function FrameBuilder(): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const send = async (): Promise<void> => void (refusal.value = await sendDraft());
  return (
    <div class="builder-stage">
      <ul class="presets" aria-label="Violations">
        {presets.map((preset) => (
          <li key={preset.name}>
            <button
              type="button"
              aria-pressed={chosenPreset.value === preset.name}
              onClick={() => {
                takePreset(preset);
                void send();
              }}
            >
              {preset.name} <small>{preset.clause.replace("RFC ", "")}</small>
            </button>
          </li>
        ))}
      </ul>
      <div class="builder">
        <FrameChoice />
        <Bits />
        <Rest />
        <div class="send">
          <button type="button" class="primary" onClick={() => void send()}>
            Send it as the {draft.value.from}
          </button>
          <label>
            <span class="spoken">Direction</span>
            <select
              value={draft.value.from}
              onChange={(event) => {
                draft.value = { ...draft.value, from: event.currentTarget.value as "client" | "server" };
              }}
            >
              <option value="client">client → server</option>
              <option value="server">client ← server</option>
            </select>
          </label>
          <Switch
            checked={draft.value.compression}
            change={(compression) => (draft.value = { ...draft.value, compression })}
            label="permessage-deflate"
            hint="agreed on"
          />
        </div>
        <Complaint text={refusal.value} />
        <Preview />
      </div>
    </div>
  );
}

/** A violation may need more than one frame. */
function FrameChoice(): VNode {
  const { frames } = draft.value;
  return (
    <div class="choice" role="group" aria-label="Frames">
      {frames.map((_, at) => (
        <button
          key={at}
          type="button"
          class="small"
          aria-pressed={at === index()}
          onClick={() => (frameIndex.value = at)}
        >
          Frame {at + 1}
        </button>
      ))}
      <button
        type="button"
        class="small"
        onClick={() => {
          draft.value = { ...draft.value, frames: [...frames, { ...plainFrame, mask: draft.value.from === "client" }] };
          frameIndex.value = frames.length;
        }}
      >
        Add a frame
      </button>
      {frames.length > 1 && (
        <button
          type="button"
          class="small"
          onClick={() => (draft.value = { ...draft.value, frames: frames.filter((_, at) => at !== index()) })}
        >
          Remove it
        </button>
      )}
    </div>
  );
}

function Bits(): VNode {
  const spec = current();
  const bit = (name: string, on: boolean, flip: () => void): VNode => (
    <button key={name} type="button" class="bit" aria-pressed={on} aria-label={name} onClick={flip}>
      <span data-text={name.replace("Opcode bit ", "op ")} />
      <b data-text={on ? 1 : 0} />
    </button>
  );
  return (
    <div class="bits" role="group" aria-label="Bits of the header">
      {bit("FIN", spec.fin, () => change({ fin: !spec.fin }))}
      {bit("RSV1", spec.rsv1, () => change({ rsv1: !spec.rsv1 }))}
      {bit("RSV2", spec.rsv2, () => change({ rsv2: !spec.rsv2 }))}
      {bit("RSV3", spec.rsv3, () => change({ rsv3: !spec.rsv3 }))}
      {[8, 4, 2, 1].map((value) =>
        bit(`Opcode bit ${value}`, (spec.opcode & value) !== 0, () => change({ opcode: spec.opcode ^ value })),
      )}
      {bit("MASK", spec.mask, () => change({ mask: !spec.mask }))}
    </div>
  );
}

function Rest(): VNode {
  const spec = current();
  return (
    <div class="rest">
      <label>
        Opcode
        <select value={spec.opcode} onChange={(event) => change({ opcode: Number(event.currentTarget.value) })}>
          {Array.from({ length: 16 }, (_, opcode) => (
            <option key={opcode} value={opcode}>
              0x{opcode.toString(16)} {OPCODES[opcode] ?? "reserved"}
            </option>
          ))}
        </select>
      </label>
      <label>
        Length in
        <select
          value={spec.lengthForm}
          onChange={({ currentTarget: { value } }) =>
            change({ lengthForm: value === "auto" ? "auto" : (Number(value) as 7 | 16 | 64) })
          }
        >
          <option value="auto">the fewest bits</option>
          <option value="7">7 bits</option>
          <option value="16">16 bits</option>
          <option value="64">64 bits</option>
        </select>
      </label>
      <label>
        Declared length
        <input
          value={spec.length}
          placeholder="the true length"
          inputMode="numeric"
          onInput={(event) => change({ length: event.currentTarget.value.trim() })}
        />
      </label>
      <label>
        Masking key
        <input
          class="bytes"
          value={spec.key}
          disabled={!spec.mask}
          spellcheck={false}
          onPaste={pasteBytes}
          onInput={(event) => change({ key: event.currentTarget.value })}
        />
      </label>
      <label>
        Payload is
        <select
          value={spec.payloadForm}
          onChange={(event) => change({ payloadForm: event.currentTarget.value as PayloadForm })}
        >
          {(["text", "hex", "deflated text", "deflated zeros"] as const).map((form) => (
            <option key={form} value={form}>
              {form === "deflated zeros" ? "N zeros, deflated" : form}
            </option>
          ))}
        </select>
      </label>
      <label class="payload">
        Payload
        <input
          class="bytes"
          value={spec.payload}
          spellcheck={false}
          {...(spec.payloadForm === "hex" && { onPaste: pasteBytes })}
          onInput={(event) => change({ payload: event.currentTarget.value })}
        />
      </label>
    </div>
  );
}

/** The inspector's view of the frame, before it is sent. */
function Preview(): VNode | null {
  const bytes = encodeSpec(current());
  if (typeof bytes === "string") return <Complaint text={bytes} />;
  const { from, compression } = draft.value;
  const extensions = compression ? [permessageDeflate()] : [];
  const [record] = decode({ [from]: bytes }, { handshake: "none", extensions, maxInflatedBytes: 1 << 20 });
  if (record === undefined) return null;
  return (
    <div class="preview">
      <HexDump bytes={bytes} start={0} fields={fieldsOf(annotate(record))} columns={16} />
      {record.violations.map(({ code, message, section }) => (
        <p key={code} class="violation">
          {message} <code>{code}</code> <Clause section={section} />
        </p>
      ))}
    </div>
  );
}
