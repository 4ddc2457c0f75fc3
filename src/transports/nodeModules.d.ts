/** The part of Node's modules that `dial` uses. The sources are compiled without Node's own types. */
declare module "node:net" {
  type Socket = import("./nodeDuplex.ts").NodeDuplex & { connect(options: { host: string; port: number }): unknown };
  export const Socket: new (options: object) => Socket;
  export function isIP(host: string): number;
}

declare module "node:tls" {
  export function connect(options: object): import("./nodeDuplex.ts").NodeDuplex;
}

declare module "node:dns" {
  type Found = string | readonly { readonly address: string }[];
  export function lookup(
    host: string,
    options: object,
    callback: (error: unknown, found?: Found, family?: number) => void,
  ): void;
}
