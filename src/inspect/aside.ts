/** Calls an observer. If it throws, the error becomes an unhandled rejection and does not affect what is observed. */

export function aside(observe: () => void): void {
  try {
    observe();
  } catch (error) {
    void Promise.reject(error);
  }
}
