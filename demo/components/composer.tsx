/** What an application can do with an open connection, each only while the life cycle allows it. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { useEffect, useId } from "preact/hooks";
import { lifeCycle, type Signal, type WSConnection } from "../../src/index.ts";
import type { Side } from "../conversation.ts";
import { fieldOf, isChecked } from "../fields.ts";
import { parseHex } from "../format.ts";
import { refusalOf } from "../refusal.ts";
import { Complaint } from "./complaint.tsx";

export function Composer({ side }: { readonly side: Side }): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const badHex = useSignal<string | undefined>(undefined);
  const id = useId();
  useEffect(() => void (refusal.value = undefined), [side]);
  const refuses = (signal: Signal): boolean => lifeCycle[side.state.value][signal] === undefined;
  const compresses = side.extensions.value.length > 0;
  const act = (what: (connection: WSConnection) => void): void => {
    refusal.value = refusalOf(() => side.act(what));
  };

  const sendText = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [text, times] = [fieldOf(event, "text"), Number(fieldOf(event, "times"))];
    const compress = isChecked(event, "compress");
    act((connection) => {
      for (let sent = 0; sent < times; sent++) connection.sendData(text, true, { compress });
    });
  };
  const sendBytes = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const bytes = parseHex(fieldOf(event, "hex"));
    badHex.value = typeof bytes === "string" ? bytes : undefined;
    if (typeof bytes !== "string") act((connection) => connection.sendData(bytes));
  };
  const ping = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const payload = new TextEncoder().encode(fieldOf(event, "payload"));
    act((connection) => connection.ping(payload));
  };
  const close = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [code, reason] = [fieldOf(event, "code"), fieldOf(event, "reason")];
    act((connection) => connection.close(code === "" ? undefined : Number(code), reason));
  };

  return (
    <div class="composer">
      <form onSubmit={sendText}>
        <label class="wide">
          Text
          <input name="text" defaultValue="hello" autocomplete="off" />
        </label>
        <label class="narrow">
          Times
          <input name="times" type="number" min="1" max="1000" required defaultValue="1" />
        </label>
        <button class="primary" disabled={refuses("sendMessage")}>
          Send text
        </button>
        {compresses && (
          <label class="switch">
            <input name="compress" type="checkbox" defaultChecked />
            <span>Compress it</span>
          </label>
        )}
      </form>
      <form onSubmit={sendBytes}>
        <label class="wide">
          Binary, in hex
          <input
            name="hex"
            class="bytes"
            defaultValue="00 01 fe ff"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={badHex.value !== undefined}
            aria-describedby={`${id}-hex`}
            onInput={() => (badHex.value = undefined)}
          />
        </label>
        <button disabled={refuses("sendMessage")}>Send bytes</button>
        <Complaint id={`${id}-hex`} text={badHex.value} />
      </form>
      <form onSubmit={ping}>
        <label class="wide">
          Ping payload
          <input name="payload" defaultValue="are you there?" autocomplete="off" />
        </label>
        <button disabled={refuses("sendPing")}>Ping</button>
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
        <button disabled={refuses("sendClose")}>Close</button>
      </form>
      <Complaint text={refusal.value} />
    </div>
  );
}
