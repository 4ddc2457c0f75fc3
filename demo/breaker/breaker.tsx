/** The breaker: invalid frames and handshakes, and the answer of the other side. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { FrameBuilder } from "./frameBuilder.tsx";
import { HandshakeBuilder } from "./handshakeBuilder.tsx";
import { Verdict } from "./verdict.tsx";

type Mode = "frames" | "handshakes";

const mode = signal<Mode>("frames");

export function Breaker(): VNode {
  return (
    <div class="breaker">
      <div class="breaker-head">
        <div class="choice" role="group" aria-label="What to break">
          {(["frames", "handshakes"] as const).map((name) => (
            <button
              key={name}
              type="button"
              class="small"
              aria-pressed={mode.value === name}
              onClick={() => (mode.value = name)}
            >
              {name === "frames" ? "Frames" : "Handshakes"}
            </button>
          ))}
        </div>
        <Verdict />
      </div>
      {mode.value === "frames" ? <FrameBuilder /> : <HandshakeBuilder />}
    </div>
  );
}
