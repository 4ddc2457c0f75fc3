/** The globals that `ws` and its stream polyfills expect in every module, in a page. */
import { Buffer } from "node:buffer";
import process from "node:process";

Object.assign(globalThis, { Buffer, process, global: globalThis });

export const toBuffer = (buffer: ArrayBuffer): Uint8Array => Buffer.from(buffer);
