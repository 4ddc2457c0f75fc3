/** What `dial` takes from Node's modules, in the place of Node's own types: the sources are compiled without them. */
declare module "node:net" {
  type Socket = import("./nodeDuplex.ts").NodeDuplex & { connect(options: { host: string; port: number }): unknown };
  export const Socket: new (options: object) => Socket;
  export function isIP(host: string): number;
}

declare module "node:tls" {
  export function connect(options: object): import("./nodeDuplex.ts").NodeDuplex;
}
