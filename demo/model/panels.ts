/** Which of the page's parts are in sight. */
import { signal } from "@preact/signals";

export type ToolName = "inspector" | "transport" | "connect" | "faults" | "stories" | "throughput" | "program";
export type PanelName = Exclude<ToolName, "inspector"> | "client" | "ladder" | "server";

/** Below the ladder. */
export const chosenTool = signal<ToolName>("inspector");
/** On a narrow screen, which has room for one. */
export const chosenPanel = signal<PanelName>("ladder");

export function openFaults(): void {
  chosenTool.value = "faults";
  chosenPanel.value = "faults";
}

export function openConnect(): void {
  chosenTool.value = "connect";
  chosenPanel.value = "connect";
}

/** Where what a story shows is seen. */
export function openInspector(): void {
  chosenTool.value = "inspector";
  chosenPanel.value = "ladder";
}
