/** The commands in the documents name verbs and options that there are. */
import { expect, test } from "vitest";
import { bridge } from "../../src/cli/bridge.ts";
import { connect } from "../../src/cli/connect.ts";
import { inspect } from "../../src/cli/inspect.ts";
import { playground } from "../../src/cli/playground.ts";
import { serve } from "../../src/cli/serve.ts";
import { blocksOf, documents } from "../support/documents.ts";

const verbs: Readonly<Record<string, { readonly options: object }>> = { bridge, connect, inspect, playground, serve };

const commands = documents.flatMap(({ text }) =>
  blocksOf(text)
    .filter(({ language }) => language === "sh")
    .flatMap(({ code }) => [...code.matchAll(/npx websocket-over .*/g)].map(([command]) => command)),
);

test("there are commands", () => expect(commands.length).toBeGreaterThan(8));

test.each(commands)("%s", (command) => {
  const [, verb, rest] = /^npx websocket-over (\w+)(.*?)(?: +[#|] .*)?$/.exec(command)!;
  const options = Object.keys(verbs[verb!]!.options);
  for (const [, name] of rest!.matchAll(/ --([\w-]+)/g)) expect(options).toContain(name);
});
