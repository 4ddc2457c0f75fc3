/** What an application can do with an open connection, each only while the life cycle allows it. */
import { useSignal } from "@preact/signals";
import type { TargetedEvent, TargetedSubmitEvent, VNode } from "preact";
import { useEffect, useId } from "preact/hooks";
import { lifeCycle, type Signal } from "../../src/index.ts";
import { Complaint } from "../components/complaint.tsx";
import type { Command } from "../model/command.ts";
import { fieldOf } from "../model/fields.ts";
import { hex, parseHex } from "../model/format.ts";
import { fragmentsOf } from "../model/fragments.ts";
import { act } from "../scenarios/action.ts";
import type { Side } from "../model/side.ts";

/** A longer file is not shown in hex, but sent. */
const MAX_SHOWN_BYTES = 4096;

type Submit = TargetedSubmitEvent<HTMLFormElement>;
type Message = string | Uint8Array<ArrayBuffer>;

export function Composer({ side }: { readonly side: Side }): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  useEffect(() => void (refusal.value = undefined), [side]);
  const refuses = (signal: Signal): boolean => lifeCycle[side.state.value][signal] === undefined;
  const compresses = side.extensions.value.length > 0;
  const perform = async (...commands: Command[]): Promise<void> =>
    void (refusal.value = await act({ type: "perform", who: side.role, commands }));
  const send = (event: Submit, data: Message): void => {
    const form = event.currentTarget.closest(".composer")!.querySelector<HTMLFormElement>("form.how")!;
    if (form.reportValidity()) void perform(...messagesOf(data, new FormData(form), compresses));
  };

  return (
    <div class="composer">
      <TextForm send={send} disabled={refuses("sendMessage")} />
      <BytesForm send={send} disabled={refuses("sendMessage")} />
      <HowForm compresses={compresses} />
      <PingForm perform={perform} disabled={refuses("sendPing")} />
      <CloseForm perform={perform} disabled={refuses("sendClose")} />
      <Complaint text={refusal.value} />
    </div>
  );
}

/** The message as many times and in as many fragments as the form says. The last fragment ends it only if FIN is on. */
function messagesOf(data: Message, how: FormData, compresses: boolean): Command[] {
  const [times, pieces] = [Number(how.get("times")), Number(how.get("fragments"))];
  const message = fragmentsOf(data, pieces).map((data, index): Command => {
    const final = index === pieces - 1 && how.has("fin");
    return { do: "send", data, final, ...(compresses && { compress: how.has("compress") }) };
  });
  return Array.from({ length: times }, () => message).flat();
}

interface SendForm {
  readonly send: (event: Submit, data: Message) => void;
  readonly disabled: boolean;
}

function TextForm({ send, disabled }: SendForm): VNode {
  const submit = (event: Submit): void => {
    event.preventDefault();
    send(event, fieldOf(event, "text"));
  };
  return (
    <form onSubmit={submit}>
      <label class="wide">
        Text
        <input name="text" defaultValue="hello" autocomplete="off" />
      </label>
      <button class="primary" disabled={disabled}>
        Send text
      </button>
    </form>
  );
}

/** Bytes, typed in hex or read from a file. */
function BytesForm({ send, disabled }: SendForm): VNode {
  const badHex = useSignal<string | undefined>(undefined);
  const file = useSignal<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined>(undefined);
  const id = `${useId()}-hex`;
  const submit = (event: Submit): void => {
    event.preventDefault();
    const bytes = file.value?.bytes ?? parseHex(fieldOf(event, "hex"));
    badHex.value = typeof bytes === "string" ? bytes : undefined;
    if (typeof bytes !== "string") send(event, bytes);
  };
  const takeFile = async (event: TargetedEvent<HTMLInputElement>): Promise<void> => {
    const [chosen] = event.currentTarget.files ?? [];
    if (chosen === undefined) return;
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    file.value = { name: chosen.name, bytes };
    badHex.value = undefined;
  };
  const takeHex = (): void => {
    badHex.value = undefined;
    file.value = undefined;
  };
  return (
    <form onSubmit={submit}>
      <label class="wide">
        Binary, in hex
        <input
          name="hex"
          class="bytes"
          defaultValue="00 01 fe ff"
          key={file.value?.name}
          {...(file.value !== undefined && { value: hex(file.value.bytes.subarray(0, MAX_SHOWN_BYTES)) })}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={badHex.value !== undefined}
          aria-describedby={id}
          onInput={takeHex}
        />
      </label>
      <label class="file" title="Send a file">
        <span>{file.value === undefined ? "File…" : file.value.name}</span>
        <input type="file" aria-label="File to send" onChange={(event) => void takeFile(event)} />
      </label>
      <button disabled={disabled}>Send bytes</button>
      <Complaint id={id} text={badHex.value} />
    </form>
  );
}

/** How text and bytes are sent. */
function HowForm({ compresses }: { readonly compresses: boolean }): VNode {
  return (
    <form class="how" onSubmit={(event) => event.preventDefault()}>
      <label class="narrow">
        Times
        <input name="times" type="number" min="1" max="10000" required defaultValue="1" />
      </label>
      <label class="narrow">
        Fragments
        <input name="fragments" type="number" min="1" max="1000" required defaultValue="1" />
      </label>
      <label class="switch" title="Off: the message is not finished, and the next fragment continues it">
        <input name="fin" type="checkbox" defaultChecked />
        <span>FIN at its end</span>
      </label>
      {compresses && (
        <label class="switch">
          <input name="compress" type="checkbox" defaultChecked />
          <span>Compress it</span>
        </label>
      )}
    </form>
  );
}

interface CommandForm {
  readonly perform: (command: Command) => Promise<void>;
  readonly disabled: boolean;
}

function PingForm({ perform, disabled }: CommandForm): VNode {
  const submit = (event: Submit): void => {
    event.preventDefault();
    void perform({ do: "ping", payload: fieldOf(event, "payload") });
  };
  return (
    <form onSubmit={submit}>
      <label class="wide">
        Ping payload
        <input name="payload" defaultValue="are you there?" autocomplete="off" />
      </label>
      <button disabled={disabled}>Ping</button>
    </form>
  );
}

function CloseForm({ perform, disabled }: CommandForm): VNode {
  const submit = (event: Submit): void => {
    event.preventDefault();
    const [code, reason] = [fieldOf(event, "code"), fieldOf(event, "reason")];
    void perform({ do: "close", code: code === "" ? undefined : Number(code), reason });
  };
  return (
    <form onSubmit={submit}>
      <label class="narrow">
        Close code
        <input name="code" inputMode="numeric" defaultValue="1000" autocomplete="off" />
      </label>
      <label class="wide">
        Reason
        <input name="reason" defaultValue="done" autocomplete="off" />
      </label>
      <button disabled={disabled}>Close</button>
    </form>
  );
}
