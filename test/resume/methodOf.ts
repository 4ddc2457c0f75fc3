/** Takes a method off its class, for a fault that is planted there. */

type Detached<Owner, Method> = Method extends (...given: infer Given) => infer Result
  ? (this: Owner, ...given: Given) => Result
  : never;

/** A method without its object: its type asks for one. */
export function methodOf<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
): Detached<Owner, Owner[Name]> {
  return Reflect.get(owner, name) as Detached<Owner, Owner[Name]>;
}
