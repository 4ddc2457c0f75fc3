/** The top of the page: what it is for, and the three ways in. */
import type { VNode } from "preact";
import { remembered } from "./model/remembered.ts";
import { explaining } from "./explain/explained.ts";
import { conversation } from "./model/playground.ts";
import { isInPage } from "./network/carriers.ts";
import { stories } from "./scenarios/stories.ts";
import { tell, telling } from "./scenarios/teller.ts";

const theme = remembered("theme", ["auto", "light", "dark"]);
const schemes = { auto: "light dark", light: "light", dark: "dark" } as const;
const themeIcons = { auto: "◐", light: "☀", dark: "☾" } as const;
const nextTheme = { auto: "light", light: "dark", dark: "auto" } as const;

theme.subscribe((chosen) => (document.documentElement.style.colorScheme = schemes[chosen]));

const PACKAGE = "https://www.npmjs.com/package/websocket-over";

/** `breaking`: called when somebody wants to break something. */
export function Masthead({ breaking }: { readonly breaking: () => void }): VNode {
  return (
    <header class="masthead">
      <div class="bar">
        <Brand />
        <nav aria-label="Elsewhere">
          <a href="./docs/index.html">Documentation</a>
          <a href={`${PACKAGE}?activeTab=code`}>Code</a>
          <a href={`${PACKAGE}?activeTab=versions`}>Package</a>
        </nav>
        <button
          type="button"
          class="small icon theme"
          aria-label={`Theme: ${theme.value === "auto" ? "as the system" : theme.value}`}
          title={`Theme: ${theme.value === "auto" ? "as the system" : theme.value}`}
          onClick={() => (theme.value = nextTheme[theme.value])}
        >
          <span aria-hidden="true">{themeIcons[theme.value]}</span>
        </button>
      </div>
      {telling.value === undefined && !explaining.value && (
        <div class="front">
          <h1>See every bit of a WebSocket.</h1>
          <p>
            {isInPage(conversation.value.wishes.carrier.name)
              ? "A client and a server talk in this page, and nothing leaves it."
              : "One end is in this page, the other one elsewhere."}{" "}
            Choose an arrow to see what its bytes mean.
          </p>
          <div class="doors">
            <button type="button" class="primary" onClick={takeTour}>
              Take the tour
            </button>
            <a class="button" href="#explain">
              Explain my bytes
            </a>
            <button type="button" onClick={breaking}>
              Break it
            </button>
          </div>
        </div>
      )}
    </header>
  );
}

/** A story has no heading of the page besides. */
function Brand(): VNode {
  const isHeading = telling.value !== undefined && !explaining.value;
  return isHeading ? <h1 class="brand">websocket-over</h1> : <p class="brand">websocket-over</p>;
}

function takeTour(): void {
  void tell(stories[0]!);
  // The button disappears, so its target gets the focus.
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".story .primary")?.focus());
}
