/** The top of the page: the title, and what to do first. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";

import { telling } from "./scenarios/teller.ts";

type Theme = "auto" | "light" | "dark";

const theme = signal<Theme>("auto");
const schemes: Readonly<Record<Theme, string>> = { auto: "light dark", light: "light", dark: "dark" };

export function Masthead(): VNode {
  return (
    <header class="masthead">
      <h1>
        websocket-over <span>the playground</span>
      </h1>
      {telling.value === undefined && (
        <p class="sentence">
          A client and a server, both in this page, are connected, and the client has sent a greeting:{" "}
          <b>click any arrow to see what its bytes mean.</b>
        </p>
      )}
      <label class="theme">
        <span>Theme</span>
        <select
          value={theme.value}
          onChange={(event) => {
            theme.value = event.currentTarget.value as Theme;
            document.documentElement.style.colorScheme = schemes[theme.value];
          }}
        >
          <option value="auto">as the system</option>
          <option value="light">light</option>
          <option value="dark">dark</option>
        </select>
      </label>
    </header>
  );
}
