/** Makes workers load this library. Their connections go through the page or worker that created them. */
import type { PageConfig } from "../protocol.ts";
import { addTag, type WorkerKind } from "../workerTag.ts";
import type { Hub } from "./hub.ts";

/** The first message to a worker, with its link as a port. */
export const HELLO = "websocket-over/hello";

/** `script` is the source of this very script, as a function to call with its configuration. */
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
      if (led === undefined) return worker; // such as a `data:` URL, which has an opaque origin
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
    // Imports run in order. The blob's own URL may be revoked before it is loaded, hence a new one.
    return objectURL(`import ${JSON.stringify(objectURL(call))};import ${JSON.stringify(objectURL(blob))};`);
  }
}

/**
 * Sends two ports through a shared worker's native port: its link, and a replacement port for the application. Nothing
 * can arrive on the latter before the application listens.
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

/**
 * Returns a URL that makes the test answer with this script followed by the original; `undefined` if that is not
 * possible.
 */
function tagged(given: unknown, kind: WorkerKind): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI: string }; location: { href: string } };
  const base = document?.baseURI ?? location.href;
  if (!URL.canParse(String(given), base)) return undefined; // the constructor will refuse it
  const url = new URL(String(given), base);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  return trusted(given, addTag(url, kind));
}

/** Makes a trusted script URL, if the page's own was one, because its policy may require that. */
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

/** Maps object URLs to their Blobs until they are revoked. */
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
