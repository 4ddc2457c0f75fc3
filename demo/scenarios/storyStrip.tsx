/** The story that is being told: what happens now, and the way on. */
import type { VNode } from "preact";
import { endStory, next, tell, telling, unreadable } from "./teller.ts";

export function StoryStrip(): VNode | null {
  if (telling.value === undefined) {
    return unreadable.value === undefined ? null : (
      <p class="story complaint" role="alert">
        {unreadable.value}
      </p>
    );
  }
  const { story, step } = telling.value;
  const end = (): void => {
    endStory();
    // The strip goes away, and the button that was pressed with it.
    document.querySelector<HTMLElement>(".rungs")?.focus();
  };
  const isLast = step + 1 >= story.steps.length;
  return (
    <section class="story" aria-label="Scenario">
      <div class="told">
        <p class="entry-head">
          <b>{story.title}</b>
          <span class="where">
            step {step + 1} of {story.steps.length}
          </span>
        </p>
        <p role="status">{story.steps[step]!.say}</p>
      </div>
      <div class="tools">
        <button type="button" class="primary" aria-disabled={isLast} onClick={() => void next()}>
          Next
        </button>
        <button type="button" class="small" onClick={() => void tell(story)}>
          Again
        </button>
        <button type="button" class="small" onClick={end}>
          End
        </button>
      </div>
    </section>
  );
}
