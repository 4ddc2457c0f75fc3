/** A section of a specification, as a link if it is an RFC. */
import type { VNode } from "preact";

export function Clause({ section }: { readonly section: string }): VNode {
  const match = /^RFC (\d+) §([\d.]+)$/.exec(section);
  if (match === null) return <span class="clause">{section}</span>;
  const [, number, clause] = match;
  return (
    <a
      class="clause"
      href={`https://www.rfc-editor.org/rfc/rfc${number!}#section-${clause!}`}
      target="_blank"
      rel="noreferrer"
    >
      {section}
    </a>
  );
}
