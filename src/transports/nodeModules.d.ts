/** What `dial` takes from Node's modules, in the place of Node's own types: the sources are compiled without them. */
declare module "node:net" {
  export function connect(options: { host: string; port: number }): import("./nodeDuplex.ts").NodeDuplex;
  export function isIP(host: string): number;
}

declare module "node:tls" {
  export function connect(options: object): import("./nodeDuplex.ts").NodeDuplex;
}
