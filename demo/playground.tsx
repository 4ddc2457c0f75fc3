/** The page: the two ends, the ladder between them, and the tools below. */
import { effect, signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { Breaker } from "./breaker/breaker.tsx";
import { Later } from "./components/later.tsx";
import { Splitter } from "./components/splitter.tsx";
import { panelId, TabList, tabId, type Tab } from "./components/tabs.tsx";
import { explaining } from "./explain/explained.ts";
import { Inspector } from "./inspector/inspector.tsx";
import { Ladder } from "./ladder/ladder.tsx";
import { Masthead } from "./masthead.tsx";
import { isMedium, isNarrow } from "./model/narrow.ts";
import { chosenPanel, chosenTool, openFaults, openInspector, type PanelName, type ToolName } from "./model/panels.ts";
import { selected } from "./model/playground.ts";
import { NetworkPanel } from "./network/networkPanel.tsx";
import { ScenarioPanel } from "./scenarios/scenarioPanel.tsx";
import { StoryStrip } from "./scenarios/storyStrip.tsx";
import { telling } from "./scenarios/teller.ts";
import { Dock } from "./sides/dock.tsx";
import { SidePanel } from "./sides/sidePanel.tsx";

const otherTools: readonly Tab<Exclude<ToolName, "inspector">>[] = [
  { name: "transport", label: "Transport" },
  { name: "connect", label: "Connect" },
  { name: "faults", label: "Faults" },
  { name: "stories", label: "Stories" },
  { name: "throughput", label: "Throughput" },
  { name: "program", label: "Program" },
];
const tools: readonly Tab<ToolName>[] = [{ name: "inspector", label: "Inspector" }, ...otherTools];
const panels: readonly Tab<PanelName>[] = [
  { name: "ladder", label: "Ladder" },
  { name: "client", label: "Client" },
  { name: "server", label: "Server" },
  ...otherTools,
];

/** On a narrow screen: whether the inspector is open below the ladder. */
const sheetOpen = signal(false);
/** In CSS pixels. */
const clientWidth = signal(272);
const serverWidth = signal(272);
const toolHeight = signal(430);

// A story speaks of what the inspector shows.
effect(() => {
  if (telling.value !== undefined) sheetOpen.value = true;
});

const loadExplain = async (): Promise<ComponentType> => (await import("./explain/explainView.tsx")).ExplainView;
const loadConnect = async (): Promise<ComponentType> => (await import("./connect/connectPanel.tsx")).ConnectPanel;
const loadThroughput = async (): Promise<ComponentType> => (await import("./throughput/throughput.tsx")).Throughput;
const loadProgram = async (): Promise<ComponentType> => (await import("./programs/programSource.tsx")).ProgramSource;

export function Playground(): VNode {
  return (
    <>
      <SkipLink />
      <Masthead breaking={openFaults} />
      {explaining.value ? (
        <Later load={loadExplain} />
      ) : (
        <>
          <StoryStrip />
          {isNarrow.value ? <Narrow /> : <Wide />}
        </>
      )}
    </>
  );
}

/** The ladder is far down the order of the Tab key. */
function SkipLink(): VNode {
  return (
    <a
      class="skip"
      href="#main"
      onClick={(event) => {
        event.preventDefault(); // the hash tells a story
        document.querySelector<HTMLElement>(".rungs, .explain textarea")?.focus();
      }}
    >
      Skip to the bytes
    </a>
  );
}

function Wide(): VNode {
  const size = { min: 220, max: 640 };
  const medium = isMedium.value;
  return (
    <main
      id="main"
      class={`stage${medium ? " medium" : ""}`}
      style={{
        "--client-width": `${clientWidth.value}px`,
        "--server-width": `${serverWidth.value}px`,
        "--tool-height": `${toolHeight.value}px`,
      }}
    >
      <SidePanel role="client" />
      {!medium && <Splitter label="Width of the client" orientation="vertical" size={clientWidth} {...size} />}
      <div class="middle">
        <Ladder />
        <Splitter label="Height of the tools" orientation="horizontal" size={toolHeight} min={120} max={900} behind />
        <section class="panel tool" aria-label="Tools">
          <TabList tabs={tools} chosen={chosenTool} label="Tools" />
          <div
            key={chosenTool.value} // each scrolls separately
            class="tool-body"
            role="tabpanel"
            id={panelId(chosenTool.value)}
            aria-labelledby={tabId(chosenTool.value)}
            tabIndex={0}
          >
            <Tool name={chosenTool.value} />
          </div>
        </section>
      </div>
      {!medium && <Splitter label="Width of the server" orientation="vertical" size={serverWidth} {...size} behind />}
      <SidePanel role="server" />
    </main>
  );
}

function Narrow(): VNode {
  const name = chosenPanel.value;
  return (
    <main id="main" class="stage narrow">
      <TabList tabs={panels} chosen={chosenPanel} label="Panels" />
      <div class="one" role="tabpanel" id={panelId(name)} aria-labelledby={tabId(name)}>
        {name === "client" || name === "server" ? (
          <SidePanel key={name} role={name} />
        ) : name === "ladder" ? (
          <div class="stack">
            <Ladder opened={() => (sheetOpen.value = true)} />
            {sheetOpen.value && selected.value !== undefined && <Sheet />}
            <Dock />
          </div>
        ) : (
          <section class="panel tool" aria-label="Tools">
            <div key={name} class="tool-body">
              <h2 class="spoken">{otherTools.find((tool) => tool.name === name)!.label}</h2>
              <Tool name={name} />
            </div>
          </section>
        )}
      </div>
    </main>
  );
}

function Sheet(): VNode {
  const close = (): void => {
    sheetOpen.value = false;
    document.querySelector<HTMLElement>(".rungs")?.focus();
  };
  return (
    <section class="panel sheet" aria-label="Inspector">
      <button type="button" class="small plain" onClick={close}>
        Close the inspector
      </button>
      <div class="tool-body" tabIndex={0} role="region" aria-label="What it means">
        <Inspector />
      </div>
    </section>
  );
}

function Tool({ name }: { readonly name: ToolName }): VNode {
  switch (name) {
    case "inspector":
      return <Inspector />;
    case "transport":
      return <NetworkPanel />;
    case "connect":
      return <Later load={loadConnect} />;
    case "faults":
      return <Breaker />;
    case "stories":
      return <ScenarioPanel chosen={openInspector} />;
    case "throughput":
      return <Later load={loadThroughput} />;
    case "program":
      return <Later load={loadProgram} />;
  }
}
