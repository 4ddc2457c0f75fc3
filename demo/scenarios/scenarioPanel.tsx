/** The scenarios to choose from, and the session as a link or a file to share. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { ExportButtons } from "../exports/exportButtons.tsx";
import { done } from "./action.ts";
import { hashOf, linkOf } from "./link.ts";
import { stories } from "./stories.ts";
import { telling } from "./teller.ts";

/** Called when the user selects a scenario. */
export function ScenarioPanel({ chosen }: { readonly chosen: () => void }): VNode {
  return (
    <div class="scenarios">
      <section aria-label="Stories">
        <h3>Stories</h3>
        <ol class="stories">
          {stories.map((story) => (
            <li key={story.id}>
              <a
                href={hashOf(story)}
                onClick={chosen}
                {...(telling.value?.story === story && { "aria-current": "true" as const })}
              >
                <b>{story.title}</b> <span>{story.summary}</span>
              </a>
            </li>
          ))}
        </ol>
      </section>
      <section class="passing-on" aria-label="This session">
        <h3>This session</h3>
        <Share />
        <ExportButtons />
      </section>
    </div>
  );
}

function Share(): VNode {
  const said = useSignal("");
  const title = useSignal("");
  const note = useSignal("");
  const share = async (): Promise<void> => {
    const link = linkOf(done.value, title.value.trim(), note.value.trim());
    if (link === undefined) {
      said.value = "The session is too long for a link: export it as a file.";
      return;
    }
    history.replaceState(null, "", link);
    try {
      await navigator.clipboard.writeText(link);
      said.value = "The link is in your clipboard and in the address of this page.";
    } catch {
      said.value = "The link is now the address of this page.";
    }
  };
  return (
    <>
      <p>
        A link can repeat what you did here, step by step. The link contains everything; nothing is sent to a server.
      </p>
      <label>
        Title
        <input value={title.value} onInput={(event) => (title.value = event.currentTarget.value)} />
      </label>
      <label>
        Note
        <input value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />
      </label>
      <button type="button" aria-disabled={done.value.length === 0} onClick={() => void share()}>
        Link to my session ({done.value.length})
      </button>
      <p class="hint" role="status">
        {said.value}
      </p>
    </>
  );
}
