/** Actions for explained frames: send them to a live peer, or open one in the frame builder. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { maskedPayload, type FrameRecord } from "../../src/inspect/index.ts";
import { chosenPreset, draft, frameIndex, sendFrames } from "../breaker/breakerState.ts";
import { specOf } from "../breaker/frameSpec.ts";
import { Complaint } from "../components/complaint.tsx";
import { save } from "../exports/files.ts";
import { openFaults } from "../model/panels.ts";
import { stopExplaining } from "./explained.ts";
import type { Explanation } from "./explanation.ts";
import { pictureOf } from "./picture.ts";

/** The most frames that can be sent to a live peer. */
const MAX_FRAMES = 100;

export function Try({ result }: { readonly result: Explanation }): VNode | null {
  const refusal = useSignal<string | undefined>(undefined);
  const { verdict, records, inflates } = result;
  const frames = records.filter((record): record is FrameRecord => record.kind === "frame" && isWhole(record));
  const guilty = frames.find((frame) => frame === verdict.fault?.record) ?? frames[0];
  if (guilty === undefined) return null;
  const from = guilty.sender;
  const ask = async (): Promise<void> => {
    const sent = frames.filter(({ sender }) => sender === from).slice(0, MAX_FRAMES);
    stopExplaining();
    openFaults();
    const agreed = inflates || sent.some(({ inflated }) => inflated !== undefined);
    refusal.value = await sendFrames("What was explained", from, agreed, sent.map(bytesOf));
  };
  const fix = (): void => {
    chosenPreset.value = undefined;
    frameIndex.value = 0;
    draft.value = { from, compression: inflates, frames: [specOf(guilty)] };
    stopExplaining();
    openFaults();
  };
  return (
    <div class="share" role="group" aria-label="Try it">
      <button type="button" onClick={() => void ask()}>
        What would a strict {from === "client" ? "server" : "client"} do?
      </button>
      <button type="button" onClick={fix}>
        Fix it in the frame builder
      </button>
      <button
        type="button"
        onClick={() => save("frame.svg", { type: "image/svg+xml", content: pictureOf(guilty, verdict.sentence) })}
      >
        Save picture
      </button>
      <Complaint text={refusal.value} />
    </div>
  );
}

/** Whether all of its bytes were kept. */
function isWhole({ complete, payload, payloadLength }: FrameRecord): boolean {
  return complete && payload.length === payloadLength;
}

function bytesOf(frame: FrameRecord): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...frame.header, ...maskedPayload(frame)]);
}
