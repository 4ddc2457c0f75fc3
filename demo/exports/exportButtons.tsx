/** The session as a file: for tests, for a browser's tools, for Wireshark. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { Complaint } from "../components/complaint.tsx";
import { conversation } from "../model/playground.ts";
import { harFile, pcapngFile, save, vectorFile, type File } from "./files.ts";

export function ExportButtons(): VNode {
  const refusal = useSignal<string | undefined>(undefined);
  const run = async (name: string, make: () => Promise<File> | File): Promise<void> => {
    try {
      refusal.value = undefined;
      save(name, await make());
    } catch (error) {
      refusal.value = error instanceof Error ? error.message : String(error);
    }
  };
  const { client, server } = conversation.value;
  return (
    <div class="exports" role="group" aria-label="Export">
      {[client.value, server.value].map(
        (side) =>
          side !== undefined && (
            <button
              key={side.role}
              type="button"
              onClick={() => void run(`${side.role}.vector.json`, () => vectorFile(side))}
            >
              Test vector of the {side.role}
            </button>
          ),
      )}
      <button type="button" onClick={() => void run("session.har", () => harFile(conversation.value))}>
        HAR
      </button>
      <button type="button" onClick={() => void run("session.pcapng", () => pcapngFile(conversation.value))}>
        pcapng
      </button>
      <p class="hint">
        A test vector can be replayed with <code>replay</code> of the entry <code>inspect</code>, bit for bit. HAR is
        for the tools of browsers, pcapng for Wireshark and tshark.
      </p>
      <Complaint text={refusal.value} />
    </div>
  );
}
