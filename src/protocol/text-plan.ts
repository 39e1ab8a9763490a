/** Which text tracks and chapters of the source a version gets. Pure. */
import { cutChapters } from '../media/chapters.ts';
import { fractionToNumber } from '../media/fraction.ts';
import type { ChapterLists } from '../media/presentation.ts';
import { textTrackId } from '../media/text-track-id.ts';
import type { TextPlan, VideoPlan } from './plan-schema.ts';
import type { SourceFacts, TextFacts } from './source-facts.ts';

export function planTexts(texts: readonly TextFacts[]): TextPlan[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const track = textTrackId(text.language, text.kind, taken);
    taken.add(track);
    return { track, ...text };
  });
}

type PlannedFilm = Pick<VideoPlan, 'source' | 'leadFrames' | 'frameCount' | 'frameRate'>;

/** When the version begins and ends, in seconds of the source's film, which begins with its first sound or picture. */
function partOf({ source, leadFrames = 0, frameCount, frameRate }: PlannedFilm): { begin: number; end: number } {
  const begin = (source.leadSeconds ?? 0) - leadFrames / fractionToNumber(frameRate);
  return { begin, end: begin + frameCount / fractionToNumber(frameRate) };
}

/** Of what a version leaves out of its film: a frame at either end is rounding. */
const CUT_FRAMES = 2;

/** Whether the version is a part of the source's film. */
export function isCut(video: PlannedFilm): boolean {
  const { leadSeconds = 0, durationSeconds, tailSeconds = 0 } = video.source;
  const { begin, end } = partOf(video);
  const lost = Math.max(begin, leadSeconds + durationSeconds + tailSeconds - end);
  return lost * fractionToNumber(video.frameRate) > CUT_FRAMES;
}

/** Those of the source, from the version's start. Undefined where there are none. */
export function planChapters({ chapters = [] }: SourceFacts, video: PlannedFilm): ChapterLists | undefined {
  const { begin, end } = partOf(video);
  const lists = chapters.map((list) => ({ ...list, chapters: cutChapters(list.chapters, begin * 1000, end * 1000) }));
  const kept = lists.filter((list) => list.chapters.length > 0);
  return kept.length === 0 ? undefined : kept;
}
