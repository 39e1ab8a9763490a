/** Which text tracks of the source a version gets. Pure. */
import { textTrackId } from '../media/text-track-id.ts';
import type { TextPlan } from './plan-schema.ts';
import type { TextFacts } from './source-facts.ts';

export function planTexts(texts: readonly TextFacts[]): TextPlan[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const track = textTrackId(text.language, text.kind, taken);
    taken.add(track);
    return { track, ...text };
  });
}
