/** `bridge FROM TO`. */
import { CommandError } from "./failure.ts";
import type { Verb } from "./verb.ts";

export const bridge: Verb = {
  name: "bridge",
  usage: "bridge [options] FROM TO",
  summary: "carries connections from one kind of transport to a server",
  details: "",
  options: {},
  positionals: [2, 2],
  run: () => Promise.reject(new CommandError("")),
};
