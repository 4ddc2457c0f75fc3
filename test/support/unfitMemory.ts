/** Memory that nothing can be sent from: Web IDL rejects it where a type has neither `[AllowShared]` nor `[AllowResizable]`. */

/** Shared memory comes from WebAssembly, because pages that are not cross-origin isolated lack the class. */
function shared(): ArrayBuffer {
  return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer;
}

function resizable(): ArrayBuffer {
  return new ArrayBuffer(8, { maxByteLength: 16 });
}

/** A view of a buffer that has shrunk. */
function outOfBounds(make: (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>): ArrayBufferView<ArrayBuffer> {
  const buffer = resizable();
  const view = make(buffer);
  buffer.resize(6);
  return view;
}

export const unfitMemory: readonly (readonly [name: string, make: () => BufferSource])[] = [
  ["shared memory", shared],
  ["a Uint8Array of shared memory", (): BufferSource => new Uint8Array(shared(), 8, 16)],
  ["an empty Uint8Array of shared memory", (): BufferSource => new Uint8Array(shared(), 0, 0)],
  ["a Float64Array of shared memory", (): BufferSource => new Float64Array(shared(), 8, 2)],
  ["a DataView of shared memory", (): BufferSource => new DataView(shared(), 8, 16)],
  ["resizable memory", resizable],
  ["a Uint8Array that tracks its length", (): BufferSource => new Uint8Array(resizable())],
  ["a DataView that tracks its length", (): BufferSource => new DataView(resizable())],
  ["a part of resizable memory", (): BufferSource => new Uint8Array(resizable(), 2, 4)],
  ["a Uint16Array that is out of bounds", (): BufferSource => outOfBounds((buffer) => new Uint16Array(buffer, 4, 2))],
  ["a DataView that is out of bounds", (): BufferSource => outOfBounds((buffer) => new DataView(buffer, 4, 4))],
];

/** What the error says. */
export const UNFIT: RegExp =
  /^bytes in (shared|resizable) memory are not accepted: copy them first, with slice\(\) of a Uint8Array$/;
