/** An option may be given as `undefined`, which is the same as to leave it out: with `exactOptionalPropertyTypes`, too. */
import { expect, expectTypeOf, test } from "vitest";
import type { OptionTable } from "../../src/core/options.ts";
import type { ClientOptions, LimitOptions } from "../../src/index.ts";
import type { DeflateOptions } from "../../src/deflate/index.ts";
import { WebSocketServer, type PeerSendOptions, type WebSocketServerOptions } from "../../src/server/index.ts";
import type { ConnectOptions, ServeOptions } from "../../src/stream/index.ts";

type Undefined<Options> = { [Name in keyof Options]: undefined };

test("every options type takes undefined for each option", () => {
  expectTypeOf<Undefined<ClientOptions>>().toExtend<ClientOptions>();
  expectTypeOf<Undefined<LimitOptions>>().toExtend<LimitOptions>();
  expectTypeOf<Undefined<ConnectOptions>>().toExtend<ConnectOptions>();
  expectTypeOf<Undefined<ServeOptions>>().toExtend<ServeOptions>();
  expectTypeOf<Undefined<WebSocketServerOptions>>().toExtend<WebSocketServerOptions>();
  expectTypeOf<Undefined<PeerSendOptions>>().toExtend<PeerSendOptions>();
  expectTypeOf<Undefined<DeflateOptions>>().toExtend<DeflateOptions>();
  expect(new WebSocketServer({ path: undefined, limits: { maxMessageBytes: undefined } }).options.path).toBe(undefined);
});

test("the table of an options type that does not take it has no type, and every function has a table", () => {
  expectTypeOf<OptionTable<{ a?: number }>["a"]>().toEqualTypeOf<never>();
  expectTypeOf<OptionTable<{ a?: number | undefined }>["a"]>().toEqualTypeOf<"a number">();
  expectTypeOf<OptionTable<{ a: number }>["a"]>().toEqualTypeOf<"a number">();
});
