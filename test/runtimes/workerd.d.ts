/** The parts of workerd's modules that the programs here use. */
declare module "cloudflare:sockets" {
  interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
  }
  function connect(address: { hostname: string; port: number }): Socket;
}
