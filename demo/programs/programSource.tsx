/** The two programs of the page, to read and to copy. */
import type { VNode } from "preact";
import clientSource from "./client.ts?raw";
import serverSource from "./server.ts?raw";

export function ProgramSource(): VNode {
  return (
    <div class="program">
      <p>
        The complete program of both ends: each side is a connection without a network, an <b>application glue</b> that
        handles its events, and a <b>network glue</b> that carries its bytes. The imports use the names of the package.
      </p>
      <div class="sources">
        <Source name="client.ts" text={clientSource} />
        <Source name="server.ts" text={serverSource} />
      </div>
    </div>
  );
}

function Source({ name, text }: { readonly name: string; readonly text: string }): VNode {
  return (
    <figure>
      <figcaption>{name}</figcaption>
      <pre tabIndex={0} role="region" aria-label={`Source of ${name}`}>
        <code>
          {lines(asPublished(text)).map((line, index) => (
            <span key={index} class={/^\s*(\/\/|\/\*\*|\*)/.test(line) ? "comment" : ""}>
              {line}
              {"\n"}
            </span>
          ))}
        </code>
      </pre>
    </figure>
  );
}

function lines(text: string): string[] {
  return text.trimEnd().split("\n");
}

/** The imports of this repository, under the names of the package. */
function asPublished(source: string): string {
  return source
    .replaceAll("../../src/index.ts", "websocket-over")
    .replaceAll("../../src/transports/pipe.ts", "websocket-over/pipe");
}
