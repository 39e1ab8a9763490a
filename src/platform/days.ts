/** Days of UTC. Pure. */

export const DAY_MS = 86_400_000;

/** `2026-11-28`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
