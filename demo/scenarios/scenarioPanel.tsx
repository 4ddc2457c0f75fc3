/** The stories to choose from, and what was done here as a link or a file to pass on. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { ExportButtons } from "../exports/exportButtons.tsx";
import { done } from "./action.ts";
import { hashOf, linkOf } from "./link.ts";
import { stories } from "./stories.ts";
import { telling } from "./teller.ts";

/** `chosen` is called when somebody chose one. */
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
      said.value = "That is too much for a link: export it as a file.";
      return;
    }
    history.replaceState(null, "", link);
    try {
      await navigator.clipboard.writeText(link);
      said.value = "The link is in your clipboard, and in the address of this page.";
    } catch {
      said.value = "The link is now the address of this page.";
    }
  };
  return (
    <>
      <p>
        What you did here can be passed on as a link that does it again, step by step. It says nothing to anybody else:
        all of it stands in the link itself.
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
        Link to what I did ({done.value.length})
      </button>
      <p class="hint" role="status">
        {said.value}
      </p>
    </>
  );
}
