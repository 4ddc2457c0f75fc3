/** Workers that bring this library with them, whose connections go through the page or worker that made them. */
import type { PageConfig } from "../protocol.ts";
import { addTag, type WorkerKind } from "../workerTag.ts";
import type { Hub } from "./hub.ts";

/** The first message to a worker, with its link as a port. */
export const HELLO = "websocket-over/hello";

/** `script` is the text of this very script, to be called with its configuration. */
export function installWorkers(hub: Hub, config: PageConfig, script: string): void {
  if (config.workers && typeof Worker === "function") wrapWorker(hub, config, script);
  if (config.sharedWorkers && typeof SharedWorker === "function") wrapSharedWorker(hub);
}

function wrapWorker(hub: Hub, config: PageConfig, script: string): void {
  const native = globalThis.Worker;
  const { terminate } = native.prototype;
  const blobs = rememberBlobs();
  const canRoute = "document" in globalThis || config.nestedWorkers;
  const leave = new WeakMap<Worker, () => void>();
  const installed = new Proxy(native, {
    construct(target, [url, options, ...rest]: [unknown, WorkerOptions | undefined], newTarget) {
      const kind = options?.type === "module" ? "module" : "classic";
      const led = (canRoute ? tagged(url, kind) : undefined) ?? composed(blobs.get(String(url)), kind);
      const worker = Reflect.construct(target, [led ?? url, options, ...rest], newTarget) as Worker;
      if (led === undefined) return worker; // such as that of a `data:` URL, which has an opaque origin
      const { port1, port2 } = new MessageChannel();
      leave.set(worker, hub.adopt(port1));
      worker.postMessage(HELLO, [port2]);
      return worker;
    },
  });
  native.prototype.terminate = function (this: Worker): void {
    leave.get(this)?.();
    terminate.call(this);
  };
  native.prototype.constructor = installed;
  globalThis.Worker = installed;

  function composed(blob: Blob | undefined, kind: WorkerKind): string | undefined {
    if (blob === undefined) return undefined;
    const call = `(${script})(${JSON.stringify({ ...config, servers: hub.servers })});`;
    if (kind === "classic") return objectURL(call, blob);
    // What is imported first runs first. The blob's own URL may be revoked before it is read.
    return objectURL(`import ${JSON.stringify(objectURL(call))};import ${JSON.stringify(objectURL(blob))};`);
  }
}

/**
 * A shared worker's native port brings two others: its link, and the port that the application has in place of it, on
 * which nothing can come before the application listens.
 */
function wrapSharedWorker(hub: Hub): void {
  const native = globalThis.SharedWorker;
  const installed = new Proxy(native, {
    construct(target, [url, options]: [unknown, WorkerOptions | string | undefined], newTarget) {
      const led = tagged(url, (options as WorkerOptions | undefined)?.type === "module" ? "module" : "classic");
      const worker = Reflect.construct(target, [led ?? url, options], newTarget) as SharedWorker;
      if (led === undefined) return worker;
      const link = new MessageChannel();
      const application = new MessageChannel();
      hub.adopt(link.port1);
      worker.port.postMessage(HELLO, [link.port2, application.port2]);
      Object.defineProperty(worker, "port", { value: application.port1, configurable: true, enumerable: true });
      return worker;
    },
  });
  native.prototype.constructor = installed;
  globalThis.SharedWorker = installed;
}

/** A URL that the test will answer with the script behind ours; `undefined` where it can't be asked. */
function tagged(given: unknown, kind: WorkerKind): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI: string }; location: { href: string } };
  const base = document?.baseURI ?? location.href;
  if (!URL.canParse(String(given), base)) return undefined; // it will be refused
  const url = new URL(String(given), base);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  return trusted(given, addTag(url, kind));
}

/** Where the page takes only trusted URLs of scripts, as its own are. */
function trusted(given: unknown, href: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (typeof given === "string" || given instanceof URL || trustedTypes === undefined) return href;
  policy ??= trustedTypes.createPolicy("websocket-over", { createScriptURL: (text) => text });
  return policy.createScriptURL(href);
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(text: string): string }): typeof policy & object;
}
let policy: { createScriptURL(text: string): string } | undefined;

function objectURL(...parts: (string | Blob)[]): string {
  return URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
}

/** Which Blob an object URL stands for, while it does. */
function rememberBlobs(): ReadonlyMap<string, Blob> {
  const blobs = new Map<string, Blob>();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (object) => {
    const url = createObjectURL(object);
    if (object instanceof Blob) blobs.set(url, object);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    blobs.delete(url);
    revokeObjectURL(url);
  };
  return blobs;
}
