/** Days of UTC, and weeks. Pure. */

export const DAY_MS = 86_400_000;

/** `2026-11-28`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Weeks since 1970 began. */
export const weekOf = (ms: number): number => Math.floor(ms / (7 * DAY_MS));
