/** ffprobe's chapters → the facts of the protocol. Pure. */
import { MAX_CHAPTER_TITLE, MAX_CHAPTERS } from '../../src/media/limits.ts';
import type { ChapterLists } from '../../src/media/presentation.ts';
import { cleanName } from '../../src/media/track-name.ts';
import type { RawChapter } from './probe-schema.ts';

/**
 * `begin`, `end`: seconds of the film on the source's clock. Undefined where there are none. Of chapters that begin together,
 * or before the film, the last counts. Their language is unknown: ffmpeg does not read that of Matroska's, and in MP4 they
 * have none.
 */
export function describeChapters(
  chapters: readonly RawChapter[],
  begin: number,
  end: number,
): ChapterLists | undefined {
  const told = chapters.flatMap(({ start_time, tags }, index) => {
    const title = cleanName(tags?.title, MAX_CHAPTER_TITLE) ?? `Chapter ${index + 1}`;
    return start_time === undefined || start_time >= end ? [] : [{ seconds: start_time - begin, title }];
  });
  const byStart = new Map(
    told
      .toSorted((a, b) => a.seconds - b.seconds)
      .map(({ seconds, title }) => [Math.max(0, Math.round(1000 * seconds)), title] as const),
  );
  const kept = [...byStart].slice(0, MAX_CHAPTERS).map(([startMs, title]) => ({ startMs, title }));
  return kept.length === 0 ? undefined : [{ language: 'und', chapters: kept }];
}
