/**
 * All that the pure core takes from the platform: encodings, header lists and URLs, in every browser, worker and runtime.
 * Stands in for the DOM's types, so that a timer, a stream or a global event in the core does not compile.
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
