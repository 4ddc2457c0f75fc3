/** The network between the two ends: its carrier, its delays and its faults. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import type { Role } from "../../src/inspect/index.ts";
import { Complaint } from "../components/complaint.tsx";
import { Switch } from "../components/switch.tsx";
import { fieldOf } from "../model/fields.ts";
import { count } from "../model/format.ts";
import { conversation, networkSettings, wireVersion, wishes } from "../model/playground.ts";
import { parseBytes } from "../model/readBytes.ts";
import { act } from "../scenarios/action.ts";
import { carrierLabels, lacking, needsUrl, type CarrierName } from "./carriers.ts";

/** They are chosen under “Connect”. */
const ELSEWHERE: readonly string[] = ["relay", "page"];
import { plainNetwork } from "./settings.ts";

export function NetworkPanel(): VNode {
  return (
    <div class="network">
      <div class="carried">
        <CarrierForm />
        <Flow />
      </div>
      <Weather />
      <Mishaps />
    </div>
  );
}

function CarrierForm(): VNode {
  const { carrier } = wishes.value;
  const name = useSignal<CarrierName>(carrier.name);
  const refusal = useSignal<string | undefined>(undefined);
  const problem = conversation.value.problem.value;
  const missing = lacking(name.value);
  const connect = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const url = needsUrl(name.value) ? { url: fieldOf(event, "url") } : {};
    const hash = name.value === "webtransport" ? { certificateHash: fieldOf(event, "hash") } : {};
    refusal.value = await act({ type: "connect", wishes: { carrier: { name: name.value, ...url, ...hash } } });
  };
  return (
    <form class="carrier" onSubmit={(event) => void connect(event)} aria-label="Transport">
      <h3>Transport</h3>
      <label class="wide">
        Carried by
        <select
          name="carrier"
          value={name.value}
          onChange={(event) => {
            name.value = event.currentTarget.value as CarrierName;
            // The others need a URL first.
            if (!needsUrl(name.value) && lacking(name.value) === undefined) event.currentTarget.form?.requestSubmit();
          }}
        >
          {Object.entries(carrierLabels)
            .filter(([value]) => value === carrier.name || !ELSEWHERE.includes(value))
            .map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
        </select>
      </label>
      {needsUrl(name.value) && (
        <label class="wide">
          URL
          <input
            name="url"
            type="url"
            required
            defaultValue={carrier.url ?? ""}
            placeholder={name.value === "websocket" ? "wss://…" : "https://…"}
            spellcheck={false}
          />
        </label>
      )}
      {name.value === "webtransport" && (
        <label class="wide">
          SHA-256 of its certificate, if it is self-signed
          <input name="hash" class="bytes" defaultValue={carrier.certificateHash ?? ""} spellcheck={false} />
        </label>
      )}
      <button aria-disabled={missing !== undefined}>Connect over it</button>
      {needsUrl(name.value) && (
        <p class="hint">
          {name.value === "websocket"
            ? "A server whose WebSocket carries a byte stream to a WebSocket server, such as websockify, or this library with its entry websocket-transport."
            : "A server that runs WebSockets over the streams of a WebTransport session."}
        </p>
      )}
      <Complaint text={missing ?? refusal.value ?? problem} />
    </form>
  );
}

/** Faults that affect every chunk. */
function Weather(): VNode {
  const { latencyMs, chunkBytes, stepping, corruptEvery } = networkSettings.value;
  void wireVersion.value;
  return (
    <div class="weather" role="group" aria-label="Delivery">
      <h3>Delivery</h3>
      <label class="wide">
        <span>
          Latency <b>{latencyMs} ms</b>
        </span>
        <input
          type="range"
          min="0"
          max="2000"
          step="50"
          value={latencyMs}
          onInput={(event) => void act({ type: "network", change: { latencyMs: event.currentTarget.valueAsNumber } })}
        />
      </label>
      <label class="wide">
        Chunks of at most
        <select
          value={chunkBytes}
          onChange={(event) => void act({ type: "network", change: { chunkBytes: Number(event.currentTarget.value) } })}
        >
          <option value={0}>as they were written</option>
          {[1, 2, 3, 5, 16, 64, 512, 4096].map((bytes) => (
            <option key={bytes} value={bytes}>
              {count(bytes, "byte")}
            </option>
          ))}
        </select>
      </label>
      <label class="wide">
        Flip a bit in every
        <select
          value={corruptEvery}
          onChange={(event) =>
            void act({ type: "network", change: { corruptEvery: Number(event.currentTarget.value) } })
          }
        >
          <option value={0}>no byte</option>
          {[10, 50, 200, 1000].map((bytes) => (
            <option key={bytes} value={bytes}>
              {bytes}th byte
            </option>
          ))}
        </select>
      </label>
      <div class="stepping">
        <Switch
          checked={stepping}
          change={(stepping) => void act({ type: "network", change: { stepping } })}
          label="Step by step"
          hint="nothing arrives automatically"
        />
        <button type="button" class="primary" aria-disabled={!stepping} onClick={() => void act({ type: "step" })}>
          Deliver next
        </button>
      </div>
      <button
        type="button"
        class="small"
        aria-disabled={latencyMs === 0 && chunkBytes === 0 && corruptEvery === 0 && !stepping}
        onClick={() => void act({ type: "network", change: plainNetwork })}
      >
        Back to a good network
      </button>
    </div>
  );
}

/** Faults that affect the next chunk of one direction, or everything at once. */
function Mishaps(): VNode {
  const from = useSignal<Role>("client");
  const refusal = useSignal<string | undefined>(undefined);
  const corrupt = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const mask = parseBytes(fieldOf(event, "mask"));
    refusal.value = typeof mask === "string" ? mask : mask.length === 1 ? undefined : "A mask must be one byte.";
    if (refusal.value !== undefined) return;
    const mishap = { kind: "corrupt", offset: Number(fieldOf(event, "offset")), mask: mask[0] as number } as const;
    void act({ type: "mishap", from: from.value, mishap });
  };
  return (
    <div class="mishaps" role="group" aria-label="Mishaps">
      <h3>Mishaps</h3>
      <label class="wide">
        Direction
        <select value={from.value} onChange={(event) => (from.value = event.currentTarget.value as Role)}>
          <option value="client">client → server</option>
          <option value="server">client ← server</option>
        </select>
      </label>
      <form onSubmit={corrupt}>
        <label class="narrow">
          Byte
          <input name="offset" type="number" min="0" required defaultValue="0" />
        </label>
        <label class="narrow">
          XOR with
          <input name="mask" class="bytes" required defaultValue="10" />
        </label>
        <button title="Changes one byte of the next chunk">Corrupt next chunk</button>
      </form>
      <div class="buttons">
        <button
          type="button"
          title="Half of the next chunk arrives; then both directions end"
          onClick={() => void act({ type: "mishap", from: from.value, mishap: { kind: "cut" } })}
        >
          Cut in the next chunk
        </button>
        <button type="button" title="Both directions fail at once" onClick={() => void act({ type: "reset" })}>
          Reset now
        </button>
      </div>
      <Complaint text={refusal.value} />
    </div>
  );
}

/** Where bytes are queued: a side that does not read pauses the other. */
function Flow(): VNode {
  void wireVersion.value;
  const { network, client, server } = conversation.value;
  return (
    <table class="flow">
      <caption>Queued bytes</caption>
      <thead>
        <tr>
          <th scope="col">from</th>
          <th scope="col">in the connection</th>
          <th scope="col">on the network</th>
        </tr>
      </thead>
      <tbody>
        {(["client", "server"] as const).map((role) => {
          const side = (role === "client" ? client : server).value;
          return (
            <tr key={role} class={`from-${role}`}>
              <th scope="row">{role}</th>
              <td>{side === undefined ? "–" : side.waitingBytes.value.toLocaleString("en")}</td>
              <td>{network.queuedBytes(role).toLocaleString("en")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
