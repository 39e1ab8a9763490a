/** ffprobe's chapters → the facts of the protocol. Pure. */
import { type Chapter, cutChapters } from '../../src/media/chapters.ts';
import { MAX_CHAPTER_TITLE } from '../../src/media/limits.ts';
import type { ChapterLists } from '../../src/media/presentation.ts';
import { cleanName } from '../../src/media/track-name.ts';
import type { RawChapter } from './probe-schema.ts';

/**
 * `begin`, `end`: seconds of the film on the source's clock. Undefined where there are none. Their language is unknown: ffmpeg
 * does not read that of Matroska's, and in MP4 they have none.
 */
export function describeChapters(
  chapters: readonly RawChapter[],
  begin: number,
  end: number,
): ChapterLists | undefined {
  const told = chapters.flatMap(({ start_time, tags }, index): Chapter[] =>
    start_time === undefined
      ? []
      : [{ startMs: start_time * 1000, title: cleanName(tags?.title, MAX_CHAPTER_TITLE) ?? `Chapter ${index + 1}` }],
  );
  const kept = cutChapters(told, begin * 1000, end * 1000);
  return kept.length === 0 ? undefined : [{ language: 'und', chapters: kept }];
}
