/** The platform's `CloseEvent`, or an equivalent if it has none (Node before 23). */

interface CloseEventValues {
  readonly wasClean: boolean;
  readonly code: number;
  readonly reason: string;
}

export function closeEvent(values: CloseEventValues): CloseEvent {
  return new (globalThis.CloseEvent ?? (plainCloseEvent ??= makePlainCloseEvent()))("close", values);
}

let plainCloseEvent: typeof CloseEvent | undefined;

/** Defined on first use, so that the module reads no global when it loads. */
function makePlainCloseEvent(): typeof CloseEvent {
  return class CloseEvent extends Event {
    readonly #values: CloseEventValues;

    constructor(type: string, { wasClean = false, code = 0, reason = "" }: Partial<CloseEventValues> = {}) {
      super(type);
      this.#values = { wasClean, code, reason };
    }

    get wasClean(): boolean {
      return this.#values.wasClean;
    }

    get code(): number {
      return this.#values.code;
    }

    get reason(): string {
      return this.#values.reason;
    }

    get [Symbol.toStringTag](): string {
      return "CloseEvent";
    }
  };
}
