/** Chapters of a film or of a part of it. Pure. */
import { MAX_CHAPTERS } from './limits.ts';

export type Chapter = { startMs: number; title: string };

/**
 * The chapters of the part from `fromMs` to `toMs`, from its start on. That which is shown at the start begins there. Of
 * those that begin together the last counts.
 */
export function cutChapters(chapters: readonly Chapter[], fromMs: number, toMs: number): Chapter[] {
  const starts = new Map<number, Chapter>();
  for (const { startMs, title } of chapters.toSorted((a, b) => a.startMs - b.startMs)) {
    const start = Math.max(0, Math.round(startMs - fromMs));
    if (start < toMs - fromMs) {
      starts.set(start, { startMs: start, title });
    }
  }
  return [...starts.values()].slice(0, MAX_CHAPTERS);
}
