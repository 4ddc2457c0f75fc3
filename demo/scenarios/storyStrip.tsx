/** The current story: what happens now, the progress, and the buttons to go on. */
import type { VNode } from "preact";
import { stories } from "./stories.ts";
import { back, endStory, next, tell, telling, unreadable } from "./teller.ts";

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
    // The strip disappears, and with it the button that was pressed.
    document.querySelector<HTMLElement>(".rungs")?.focus();
  };
  const isLast = step + 1 >= story.steps.length;
  const following = stories[stories.indexOf(story) + 1];
  return (
    <section class="story" aria-label="Scenario">
      <div class="told">
        <p class="entry-head">
          <b>{story.title}</b>
          <span class="where">
            step {step + 1} of {story.steps.length}
          </span>
        </p>
        <progress class="spoken" max={story.steps.length} value={step + 1} aria-label="Steps told" />
        <p class="dots" aria-hidden="true">
          {story.steps.map((_, index) => (
            <i key={index} class={index <= step ? "past" : ""} />
          ))}
        </p>
        {step === 0 && !stories.includes(story) && story.summary !== "" && <p class="note-text">{story.summary}</p>}
        <p role="status">{story.steps[step]!.say}</p>
      </div>
      <div class="tools">
        <button type="button" aria-disabled={step === 0} onClick={() => void back()}>
          Back
        </button>
        <button type="button" class="primary" aria-disabled={isLast} onClick={() => void next()}>
          Next
        </button>
        {isLast && following !== undefined && stories.includes(story) && (
          <button type="button" class="primary" onClick={() => void tell(following)}>
            Next story: {following.title}
          </button>
        )}
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
