/** Keeps what Node compiles for the next process: for a program of the sources, that is three quarters of its start. */
import { resolve } from "node:path";

process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, "../../node_modules/.cache/compile");
