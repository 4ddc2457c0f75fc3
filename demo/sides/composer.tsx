/** What an application can do with an open connection, each only while the life cycle allows it. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedEvent, TargetedSubmitEvent, VNode } from "preact";
import { useEffect, useId } from "preact/hooks";
import { lifeCycle, type Signal } from "../../src/index.ts";
import { Complaint } from "../components/complaint.tsx";
import { pasteBytes } from "../components/pasteBytes.ts";
import type { Command } from "../model/command.ts";
import { fieldOf } from "../model/fields.ts";
import { hex } from "../model/format.ts";
import { fragmentsOf } from "../model/fragments.ts";
import { parseBytes } from "../model/readBytes.ts";
import { act } from "../scenarios/action.ts";
import { More, more } from "./more.tsx";
import type { Side } from "../model/side.ts";

/** A longer file is not shown in hex, but sent. */
const MAX_SHOWN_BYTES = 4096;

/** How a message is sent if nothing else is asked for: once, whole, and compressed if that was agreed on. */
const asUsual = { times: 1, pieces: 1, fin: true, compress: true };

function howOf(form: FormData): typeof asUsual {
  return {
    times: Number(form.get("times")),
    pieces: Number(form.get("fragments")),
    fin: form.has("fin"),
    compress: form.has("compress"),
  };
}

/** Sends a message that a form of the composer was submitted for. */
type Send = (event: TargetedSubmitEvent<HTMLFormElement>, data: string | Uint8Array<ArrayBuffer>) => void;

interface Props {
  readonly side: Side;
  /** Shown under “More”, below the rest of the composer. */
  readonly children: ComponentChildren;
}

export function Composer({ side, children }: Props): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  useEffect(() => void (refusal.value = undefined), [side]);
  const refuses = (signal: Signal): boolean => lifeCycle[side.state.value][signal] === undefined;
  const compresses = side.extensions.value.length > 0;
  const perform = async (commands: readonly Command[], times = 1): Promise<void> => {
    const all = { type: "perform", who: side.role, commands } as const;
    refusal.value = await act(times === 1 ? all : { ...all, times });
  };

  /** Sends the message in the chosen number of copies and fragments. The last fragment ends it if FIN is set. */
  const send: Send = (event, data) => {
    const form = event.currentTarget.closest(".composer")!.querySelector<HTMLFormElement>("form.how");
    if (form?.reportValidity() === false) return;
    const { times, pieces, fin, compress } = form === null ? asUsual : howOf(new FormData(form));
    const message = fragmentsOf(data, pieces).map((data, index): Command => {
      const final = index === pieces - 1 && fin;
      return { do: "send", data, final, ...(compresses && { compress }) };
    });
    void perform(message, times);
  };
  const sendText = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    send(event, fieldOf(event, "text"));
  };
  const ping = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void perform([{ do: "ping", payload: fieldOf(event, "payload") }]);
  };
  const close = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [code, reason] = [fieldOf(event, "code"), fieldOf(event, "reason")];
    void perform([{ do: "close", code: code === "" ? undefined : Number(code), reason }]);
  };

  return (
    <div class="composer">
      <form onSubmit={sendText}>
        <label class="wide">
          Text
          <input name="text" defaultValue="hello" autocomplete="off" />
        </label>
        <button class="primary" aria-disabled={refuses("sendMessage")}>
          Send text
        </button>
      </form>
      <Complaint text={refusal.value} />
      {side.role === "client" && side.state.value === "closed" && more.value === "closed" && (
        <button type="button" onClick={() => void act({ type: "connect", wishes: {} })}>
          Connect again
        </button>
      )}
      <More>
        <BytesForm refuses={refuses("sendMessage")} send={send} />
        <HowForm compresses={compresses} />
        <form onSubmit={ping}>
          <label class="wide">
            Ping payload
            <input name="payload" defaultValue="are you there?" autocomplete="off" />
          </label>
          <button aria-disabled={refuses("sendPing")}>Ping</button>
        </form>
        <form onSubmit={close}>
          <label class="narrow">
            Close code
            <input name="code" inputMode="numeric" defaultValue="1000" autocomplete="off" />
          </label>
          <label class="wide">
            Reason
            <input name="reason" defaultValue="done" autocomplete="off" />
          </label>
          <button aria-disabled={refuses("sendClose")}>Close</button>
        </form>
        {children}
      </More>
    </div>
  );
}

interface BytesProps {
  readonly refuses: boolean;
  readonly send: Send;
}

/** Sends bytes that are written in hex, or a file. */
function BytesForm({ refuses, send }: BytesProps): VNode {
  const badHex = useSignal<string | undefined>(undefined);
  const file = useSignal<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined>(undefined);
  const id = useId();
  const sendBytes = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const bytes = file.value?.bytes ?? parseBytes(fieldOf(event, "hex"));
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
  return (
    <form onSubmit={sendBytes}>
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
          aria-describedby={`${id}-hex`}
          onPaste={pasteBytes}
          onInput={() => {
            badHex.value = undefined;
            file.value = undefined;
          }}
        />
      </label>
      <label class="file" title="Send a file">
        <span>{file.value === undefined ? "File…" : file.value.name}</span>
        <input type="file" aria-label="File to send" onChange={(event) => void takeFile(event)} />
      </label>
      <button aria-disabled={refuses}>Send bytes</button>
      <Complaint id={`${id}-hex`} text={badHex.value} />
    </form>
  );
}

/** How each message is sent; `howOf` reads it. */
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
      <label class="switch" title="Off: the message is unfinished, and the next fragment continues it">
        <input name="fin" type="checkbox" defaultChecked />
        <span>Set FIN</span>
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
