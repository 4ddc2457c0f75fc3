/** A handshake written by hand: a request to our server, or an answer to our client. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { Complaint } from "../components/complaint.tsx";
import { handshake, sendHandshake } from "./breakerState.ts";
import { handshakePresets } from "./handshakePresets.ts";

export function HandshakeBuilder(): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const { from, text, bare = false } = handshake.value;
  const preset = handshakePresets.find((one) => one.text === text && one.from === from && (one.bare ?? false) === bare);
  const what = preset?.name ?? "A handshake by hand";
  return (
    <div class="builder-stage">
      <ul class="presets" aria-label="Handshakes">
        {handshakePresets.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              aria-pressed={one === preset}
              onClick={() => {
                handshake.value = one;
                refusal.value = sendHandshake(one.name);
              }}
            >
              {one.name} <small>{one.clause.replace("RFC ", "")}</small>
            </button>
          </li>
        ))}
      </ul>
      <div class="builder">
        <label>
          {from === "client" ? "The client's request" : "The server's answer; {accept} is the right accept key"}
          <textarea
            class="bytes"
            rows={10}
            spellcheck={false}
            value={text}
            onInput={(event) => (handshake.value = { from, bare, text: event.currentTarget.value })}
          />
        </label>
        <div class="send">
          <button type="button" class="primary" onClick={() => (refusal.value = sendHandshake(what))}>
            Send it as the {from}
          </button>
          <label>
            <span class="spoken">Direction</span>
            <select
              value={from}
              onChange={({ currentTarget: { value } }) =>
                (handshake.value = { from: value as typeof from, bare, text })
              }
            >
              <option value="client">client → server</option>
              <option value="server">client ← server</option>
            </select>
          </label>
        </div>
        <Complaint text={refusal.value} />
      </div>
    </div>
  );
}
