/** The parts of Deno's API that the programs here use; `deno check` knows all of it. */
declare namespace Deno {
  interface Addr {
    readonly hostname: string;
    readonly port: number;
  }
  interface QuicStream {
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer>> & { readonly id: bigint };
    readonly writable: WritableStream<Uint8Array>;
  }
  interface QuicConn {
    readonly closed: Promise<unknown>;
    readonly incomingBidirectionalStreams: ReadableStream<QuicStream>;
    readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
    createBidirectionalStream(options: { waitUntilAvailable: boolean }): Promise<QuicStream>;
    createUnidirectionalStream(options: { waitUntilAvailable: boolean }): Promise<WritableStream<Uint8Array>>;
    close(info: { closeCode: number; reason: string }): void;
  }
  interface QuicIncoming {
    accept(): Promise<QuicConn>;
  }
  type QuicListener = AsyncIterable<QuicIncoming>;
  class QuicEndpoint {
    constructor(options: { hostname: string; port: number });
    readonly addr: Addr;
    listen(options: {
      cert: string;
      key: string;
      alpnProtocols: string[];
      maxConcurrentBidirectionalStreams: number;
    }): QuicListener;
    close(info: { closeCode: number; reason: string }): void;
  }
  function connectQuic(options: {
    hostname: string;
    port: number;
    caCerts: string[];
    alpnProtocols: string[];
  }): Promise<QuicConn>;
  interface Conn {
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
    readonly writable: WritableStream<Uint8Array>;
    readonly remoteAddr: Addr;
    close(): void;
  }
  interface Listener extends AsyncIterable<Conn> {
    readonly addr: Addr;
    close(): void;
  }
  function listen(options: { hostname: string; port: number }): Listener;
  function connect(options: { hostname: string; port: number }): Promise<Conn>;
  const stdin: { readonly readable: ReadableStream<Uint8Array> };
  const args: string[];
  function exit(code?: number): never;
}
