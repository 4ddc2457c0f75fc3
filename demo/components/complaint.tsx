/** Why an action failed. Takes no room while it is empty, but stays in the page for screen readers. */
import type { VNode } from "preact";

export function Complaint({ id, text }: { readonly id?: string; readonly text: string | undefined }): VNode {
  return (
    <p class="complaint" role="alert" {...(id !== undefined && { id })}>
      {text}
    </p>
  );
}
