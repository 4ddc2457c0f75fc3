/** What a client's bundle carries. */
export { race, resumable } from "../../src/resume/index.ts";
