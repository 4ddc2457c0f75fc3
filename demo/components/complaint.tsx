/** Why something was not done: where there is nothing to say it takes no room, but it is there for screen readers. */
import type { VNode } from "preact";

export function Complaint({ id, text }: { readonly id?: string; readonly text: string | undefined }): VNode {
  return (
    <p class="complaint" role="alert" {...(id !== undefined && { id })}>
      {text}
    </p>
  );
}
