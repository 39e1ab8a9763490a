/** What of a source's film a plan shows, and what is said of the film by its times, cut alike. Pure. */
import { fractionToNumber } from '../media/fraction.ts';
import type { ChapterLists } from '../media/presentation.ts';
import { wholeFilm } from './plan.ts';
import type { VideoPlan } from './plan-schema.ts';
import type { SourceFacts } from './source-facts.ts';
import type { Warning } from './warnings.ts';

/** Seconds of the source's film. */
type Shown = { start: number; end: number };

/** Null for the whole film. */
function shownOf({ source, frameRate, frameCount, leadFrames = 0 }: VideoPlan): Shown | null {
  const whole = wholeFilm(source, frameRate);
  const first = whole.leadFrames - leadFrames;
  const framesPerSecond = fractionToNumber(frameRate);
  return frameCount === whole.frameCount
    ? null
    : { start: first / framesPerSecond, end: (first + frameCount) / framesPerSecond };
}

/** Whether the plan shows a part of the source's film. */
export const isPart = (video: VideoPlan): boolean => shownOf(video) !== null;

/** The chapter that runs at the beginning of the part begins with it. A list that is left empty goes. */
export function cutChapters(lists: ChapterLists, startMs: number, endMs: number): ChapterLists {
  return lists
    .map(({ language, chapters }) => {
      const running = chapters.findLastIndex((chapter) => chapter.startMs <= startMs);
      const kept = chapters.filter((chapter, index) => index >= running && chapter.startMs < endMs);
      return {
        language,
        chapters: kept.map(({ startMs: at, title }) => ({ startMs: Math.max(0, at - startMs), title })),
      };
    })
    .filter(({ chapters }) => chapters.length > 0);
}

function cutWarnings(warnings: readonly Warning[], { start, end }: Shown): Warning[] {
  return warnings
    .filter(({ at }) => at === undefined || (at >= start && at < end))
    .map((warning) => (warning.at === undefined ? warning : { ...warning, at: warning.at - start }));
}

/** Warnings and chapters of the part that the plan shows. */
export function cutFacts(facts: SourceFacts, video: VideoPlan): SourceFacts {
  const shown = shownOf(video);
  const { chapters } = facts;
  if (shown === null) {
    return facts;
  }
  return {
    ...facts,
    warnings: cutWarnings(facts.warnings, shown),
    ...(chapters === undefined
      ? {}
      : { chapters: cutChapters(chapters, Math.round(1000 * shown.start), Math.round(1000 * shown.end)) }),
  };
}
