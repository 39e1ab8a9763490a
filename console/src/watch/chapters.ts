/** Chapters of a film: Apple's JSON, as `/v/{link}/chapters.json` gives it. Their titles are in the viewer's language. */
import { ofLanguage } from './tracks.ts';

export type Chapter = { startSeconds: number; title: string };

/** Longer than the server needs. The film does not wait for it. */
const CALL_MS = 8_000;

type Titled = { language: string; title: string };

const isTitled = (value: unknown): value is Titled =>
  typeof value === 'object' &&
  value !== null &&
  'language' in value &&
  typeof value.language === 'string' &&
  'title' in value &&
  typeof value.title === 'string';

/** In their order. Entries without a start or a title are left out. */
export function parseChapters(body: unknown, languages: readonly string[]): Chapter[] {
  const entries: unknown[] = Array.isArray(body) ? body : [];
  return entries
    .flatMap((entry): Chapter[] => {
      const { 'start-time': startSeconds, titles } = Object(entry);
      const title = titleIn(Array.isArray(titles) ? titles.filter(isTitled) : [], languages);
      return typeof startSeconds === 'number' && startSeconds >= 0 && title !== null ? [{ startSeconds, title }] : [];
    })
    .sort((a, b) => a.startSeconds - b.startSeconds);
}

/** In the first language that there is; else the first title. */
function titleIn(titles: readonly Titled[], languages: readonly string[]): string | null {
  const [found = titles[0]] = languages.flatMap((language) => ofLanguage(titles, language));
  return found?.title ?? null;
}

/** The chapter at a position; `undefined` before the first. */
export const chapterAt = (chapters: readonly Chapter[], seconds: number): Chapter | undefined =>
  chapters.findLast(({ startSeconds }) => startSeconds <= seconds);

/** Pressed sooner after a chapter's start, "previous" means the one before. */
const RESTART_SECONDS = 3;

/** Where the next or the previous chapter begins, or `null` after the last. */
export function nextChapterStart(chapters: readonly Chapter[], seconds: number, step: -1 | 1): number | null {
  if (step > 0) {
    return chapters.find(({ startSeconds }) => startSeconds > seconds)?.startSeconds ?? null;
  }
  return chapters.length === 0 ? null : (chapterAt(chapters, seconds - RESTART_SECONDS)?.startSeconds ?? 0);
}

/** None is no failure: most films have none, and a film without them plays as well. */
export async function fetchChapters(link: string): Promise<Chapter[]> {
  try {
    const response = await fetch(`/v/${link}/chapters.json`, { signal: AbortSignal.timeout(CALL_MS) });
    return response.ok ? parseChapters(await response.json(), navigator.languages) : [];
  } catch {
    return [];
  }
}
