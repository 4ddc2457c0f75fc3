/**
 * Everything that the core uses of the platform: encoders, `Headers` and `URL`, which every browser, worker and runtime
 * has. Replaces the DOM types, so that a timer, a stream or a global event in the core does not compile.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

type BufferSource = ArrayBuffer | ArrayBufferView;

type HeadersInit = Headers | [string, string][] | Record<string, string>;

declare class Headers {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  set(name: string, value: string): void;
  get(name: string): string | null;
  forEach(visit: (value: string, name: string) => void): void;
}

declare class URL {
  constructor(url: string);
  readonly href: string;
}
