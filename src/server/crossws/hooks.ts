/** Calls the crossws hooks of a connection, and reads the upgrade hook's answer to the request. */
import { headersFrom } from "../../handshake/headReader.ts";
import { report } from "../../stream/report.ts";
import { ignore } from "../../transports/ignore.ts";

/**
 * An application's hooks. For their types, use `defineHooks` of crossws: the arguments here have the members that those
 * types expect, but are not instances of its classes.
 *
 * @see {@link crosswsAdapter}
 */
export interface CrosswsHooks {
  readonly upgrade?: (request: never) => unknown;
  readonly open?: (peer: never) => unknown;
  readonly message?: (peer: never, message: never) => unknown;
  readonly close?: (peer: never, details: never) => unknown;
  readonly error?: (peer: never, error: never) => unknown;
  readonly drain?: (peer: never) => unknown;
  readonly ping?: (peer: never, payload: never) => unknown;
  readonly pong?: (peer: never, payload: never) => unknown;
}

export interface HookOptions {
  /** Hooks for every connection. */
  readonly hooks?: CrosswsHooks | undefined;
  /** Returns additional hooks for a request. They run after those of `hooks`. */
  readonly resolve?: ((request: never) => unknown) | undefined;
  /** Returns the namespace of a peer; by default the request's path. Published messages stay within a namespace. */
  readonly getNamespace?: ((request: Request) => string) | undefined;
  /** Chooses one of the offered subprotocols, if the upgrade hook does not. By default none. */
  readonly handleProtocols?: ((protocols: Set<string>, request: Request) => unknown) | undefined;
}

/** What the upgrade hook may return instead of a `Response`. */
interface UpgradeResult {
  readonly headers?: HeadersInit;
  readonly protocol?: string;
  readonly namespace?: string;
  readonly context?: Record<string, unknown>;
  readonly handled?: boolean;
}

export interface Upgrade {
  readonly context: Record<string, unknown>;
  readonly namespace: string;
  readonly headers: Headers;
  readonly protocol: string | undefined;
}

type Hook = (...args: unknown[]) => unknown;

/** The hooks of one connection. */
export class ConnectionHooks {
  failed: () => void = ignore;
  readonly #options: HookOptions;
  readonly #request: Request;
  #resolved: Promise<CrosswsHooks | undefined> | undefined;

  constructor(options: HookOptions, request: Request) {
    this.#options = options;
    this.#request = request;
  }

  /** Calls a hook. If it throws or rejects, reports that and calls `failed`, which ends the connection. */
  tell(name: Exclude<keyof CrosswsHooks, "upgrade">, ...args: unknown[]): void {
    const fail = (error: unknown): void => {
      report(error);
      this.failed();
    };
    try {
      Promise.resolve(this.#call(name, args)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Calls the upgrade hook. A `Response`, returned or thrown, refuses the request. Rejects with any other error. */
  async upgrade(): Promise<Upgrade | Response> {
    const { getNamespace, handleProtocols } = this.#options;
    const context: Record<string, unknown> = {};
    let result: unknown;
    try {
      result = await this.#call("upgrade", [this.#request]);
    } catch (error) {
      const answer = (error as { response?: unknown } | undefined)?.response ?? error;
      if (answer instanceof Response) return answer;
      throw error;
    }
    if (result instanceof Response) return result;
    const given = (result ?? {}) as UpgradeResult;
    if (given.handled === true) throw new Error("an upgrade hook can't return handled: true here");
    const headers = headersFrom(given.headers ?? []);
    let protocol: unknown = given.protocol ?? headers.get("sec-websocket-protocol");
    headers.delete("sec-websocket-protocol");
    const offered = this.#request.headers.get("sec-websocket-protocol");
    if (protocol === null && offered !== null) {
      const names = offered.split(",").map((name) => name.trim());
      protocol = await handleProtocols?.(new Set(names), this.#request);
    }
    return {
      context: Object.assign(context, given.context),
      namespace: given.namespace ?? getNamespace?.(this.#request) ?? new URL(this.#request.url).pathname,
      headers,
      protocol: typeof protocol === "string" && protocol !== "" ? protocol : undefined,
    };
  }

  #call(name: keyof CrosswsHooks, args: unknown[]): unknown {
    const { hooks, resolve } = this.#options;
    const common = (hooks?.[name] as Hook | undefined)?.(...args);
    if (resolve === undefined) return common;
    this.#resolved ??= Promise.resolve((resolve as Hook)(this.#request) as CrosswsHooks | undefined);
    return Promise.all([common, this.#resolved]).then(async ([result, own]) => {
      return (await (own?.[name] as Hook | undefined)?.(...args)) ?? result;
    });
  }
}
