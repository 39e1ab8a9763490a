/** Chapters as players take them. A chapter ends where the next of its list begins, the last one with the film. */
import { type ChapterLists, type Presentation, presentationDurationSeconds } from '../presentation.ts';
import { escapeText } from '../text/cue-markup.ts';
import { writeWebVtt } from '../text/write-text.ts';
import { languageTag } from './language.ts';

type Titled<T> = { startMs: number; endMs: number; chapter: T };

/** Those that begin in the film. */
function withEnds<T extends { startMs: number }>(chapters: readonly T[], presentation: Presentation): Titled<T>[] {
  const durationMs = Math.floor(presentationDurationSeconds(presentation) * 1000);
  const within = chapters.filter(({ startMs }) => startMs < durationMs);
  return within.map((chapter, index) => ({
    startMs: chapter.startMs,
    endMs: within[index + 1]?.startMs ?? durationMs,
    chapter,
  }));
}

/** Titles in several languages of what begins at the same time are one chapter. */
function merged(lists: ChapterLists): { startMs: number; titles: { language: string; title: string }[] }[] {
  const titles = lists.flatMap(({ language, chapters }) =>
    chapters.map(({ startMs, title }) => ({ startMs, language: languageTag(language), title })),
  );
  return [...Map.groupBy(titles, ({ startMs }) => startMs)]
    .map(([startMs, ofStart]) => ({ startMs, titles: ofStart.map(({ language, title }) => ({ language, title })) }))
    .sort((a, b) => a.startMs - b.startMs);
}

/** Apple, "Providing JavaScript Object Notation (JSON) chapters". */
export function renderChaptersJson(presentation: Presentation): string {
  const chapters = withEnds(merged(presentation.chapters ?? []), presentation);
  return JSON.stringify(
    chapters.map(({ startMs, endMs, chapter: { titles } }, index) => ({
      chapter: index + 1,
      'start-time': startMs / 1000,
      duration: (endMs - startMs) / 1000,
      titles,
    })),
  );
}

/** WebVTT using chapter title text (WebVTT 4.6.2); null where there are none in the language. */
export function renderChaptersVtt(presentation: Presentation, language: string): string | null {
  const list = presentation.chapters?.find((candidate) => candidate.language === language);
  const cues = withEnds(list?.chapters ?? [], presentation).map(({ startMs, endMs, chapter }) => ({
    ...{ startMs, endMs, settings: '', text: escapeText(chapter.title) },
  }));
  return list === undefined ? null : writeWebVtt(cues);
}
