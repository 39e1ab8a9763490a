/** Ids of text tracks. Pure. */
import type { TextKind } from './presentation.ts';

/** Of trackIdSchema (ids.ts). */
const MAX_ID_LENGTH = 32;
/** `-descriptions-999`. */
const MAX_SUFFIX_LENGTH = 17;

/** `t-pt-br`, `t-en-captions`; further tracks of a language and kind are `t-pt-br-2`, … `taken`: ids that it must not have. */
export function textTrackId(language: string, kind: TextKind, taken: ReadonlySet<string>): string {
  const name = `t-${language.toLowerCase()}`.slice(0, MAX_ID_LENGTH - MAX_SUFFIX_LENGTH);
  const base = kind === 'subtitles' ? name : `${name}-${kind}`;
  let id = base;
  for (let number = 2; taken.has(id); number += 1) {
    id = `${base}-${number}`;
  }
  return id;
}
