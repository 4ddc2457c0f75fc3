/** The files of a folder, as a verb serves them. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { UsageError } from "./failure.ts";

/** The folder, as it is named on the command line after this option. */
export async function folderOf(path: string, option: string): Promise<string> {
  const root = await realpath(path).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory())
    throw new UsageError(`--${option} takes a folder, not ${path}`);
  return root;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** Answers with one line of text. */
export function say(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers }).end(`${text}\n`);
}

/** Answers with the file that the request names, if the folder has it. */
export async function answerWithFile(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    say(response, 405, "only GET and HEAD are known here", { allow: "GET, HEAD" });
    return;
  }
  const path = await fileFor(root, request.url ?? "/");
  if (path === undefined) {
    say(response, 404, "there is no such file");
    return;
  }
  const { size } = await stat(path);
  const type = TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-length": size, "cache-control": "no-cache" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  createReadStream(path)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** The file for a target, if it is in the folder; links may not lead out of it. */
async function fileFor(root: string, target: string): Promise<string | undefined> {
  try {
    const { pathname } = new URL(target, "http://host");
    const wanted = resolve(join(root, decodeURIComponent(pathname)));
    const isFolder = (await stat(wanted)).isDirectory();
    const path = await realpath(isFolder ? join(wanted, "index.html") : wanted);
    return path.startsWith(root.endsWith(sep) ? root : root + sep) && (await stat(path)).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}
