/** The text tracks of a source, of the cues that an encoder has extracted. */

import { cuesKey, type VersionRef } from '../../media/keys.ts';
import type { TextTrack } from '../../media/presentation.ts';
import type { TextPlan } from '../../protocol/plan-schema.ts';
import { textWarnings, type Warning } from '../../protocol/warnings.ts';
import type { TextPacks } from './text-packs.ts';

/**
 * `extracted`: the tracks whose cues the attempt has written. Cues that cannot be read are told as a warning; the film plays
 * without them.
 */
export async function textsFromCues(
  packs: TextPacks,
  ref: VersionRef,
  plans: readonly TextPlan[],
  extracted: { attempt: string; texts: readonly { track: string }[] },
  durationMs: number,
): Promise<{ texts: TextTrack[]; warnings: Warning[] }> {
  const texts: TextTrack[] = [];
  const warnings: Warning[] = [];
  for (const { track, kind, language, name, isDefault } of plans) {
    if (!extracted.texts.some((written) => written.track === track)) {
      continue;
    }
    const made = { key: cuesKey(ref, track, extracted.attempt), shiftMs: 0 };
    const wish = { id: track, kind, language, ...(name === undefined ? {} : { name }), isDefault, made };
    const result = await packs.make(wish, [], durationMs);
    if ('code' in result) {
      warnings.push({ code: 'text_damaged', message: `Text track ${track}: ${result.message}` });
    } else {
      texts.push(result.text);
      warnings.push(...textWarnings(result.leftOut, `Text track ${track}: `));
    }
  }
  return { texts, warnings };
}
