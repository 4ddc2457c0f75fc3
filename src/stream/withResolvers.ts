/** `Promise.withResolvers`, which Node 20 lacks. */

export interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value | PromiseLike<Value>) => void;
  readonly reject: (reason: unknown) => void;
}

export function withResolvers<Value = void>(): Resolvers<Value> {
  let resolve!: Resolvers<Value>["resolve"];
  let reject!: Resolvers<Value>["reject"];
  const promise = new Promise<Value>((...given) => ([resolve, reject] = given));
  return { promise, resolve, reject };
}
