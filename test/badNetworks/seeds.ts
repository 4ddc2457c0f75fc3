/** How many conversations run: a tenth or less, unless FAULTS_FULL is set. */

const full = (import.meta as { env?: Record<string, string> }).env?.VITE_FAULTS_FULL !== undefined;

export function seedsFor(count: number): number[] {
  return Array.from({ length: full ? count : Math.ceil(count / 20) }, (_, i) => i + 1);
}
