/** Observers are told aside: what one throws is no affair of what it observes, and becomes an unhandled rejection. */

export function aside(observe: () => void): void {
  try {
    observe();
  } catch (error) {
    void Promise.reject(error);
  }
}
