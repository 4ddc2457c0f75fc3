/** Adds listeners for several events and removes them together. */

// The event types of the carriers differ.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Listener = (event: any) => void;

export interface Listenable {
  addEventListener(type: string, listener: Listener): void;
  /** All platform objects have it. Without it the listeners stay. */
  removeEventListener?(type: string, listener: Listener): void;
}

/** Returns a function that removes the listeners. You may call it more than once. */
export function listenTo(target: Listenable, listeners: Readonly<Record<string, Listener>>): () => void {
  for (const type in listeners) target.addEventListener(type, listeners[type]!);
  return () => {
    for (const type in listeners) target.removeEventListener?.(type, listeners[type]!);
  };
}
