/** A file of cues by the source's clock → WebVTT by the film's, and what there is to say about it. Pure. */
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import { cleanControls } from '../../src/media/text/clean-controls.ts';
import { fitCues, shiftCues, TextError } from '../../src/media/text/cue.ts';
import { writeWebVtt } from '../../src/media/text/write-text.ts';
import type { TextPlan } from '../../src/protocol/plan-schema.ts';
import type { TaskInputs } from '../../src/protocol/task-kinds.ts';
import { textWarnings, type Warning } from '../../src/protocol/warnings.ts';
import { clockShift, fileFormatOf } from './text-args.ts';

type Film = Pick<TaskInputs['text'], 'picture' | 'originSeconds' | 'durationSeconds' | 'isCut'>;
type FilmCues = { cues: Uint8Array<ArrayBuffer> | null; warnings: Warning[] };

function textName({ kind, language, name }: TextPlan): string {
  const languages = new Intl.DisplayNames(['en'], { type: 'language' });
  const label = name === undefined ? '' : `, “${name}”`;
  return `Text track (${kind}, ${language === 'und' ? 'unknown language' : (languages.of(language) ?? language)}${label})`;
}

export const leftOut = (text: TextPlan, why: string): Warning => ({
  code: 'track_dropped',
  message: `${textName(text)} is left out: ${why}`,
});

/** `cues`: null where none is left. Encoders of films put empty captions into every picture, so of those nothing is told. */
export function filmCues(text: TextPlan, file: Uint8Array, film: Film): FilmCues {
  const { picture, originSeconds, durationSeconds, isCut } = film;
  const none = (why: string): FilmCues => ({ cues: null, warnings: [leftOut(text, why)] });
  const empty = (): FilmCues =>
    text.streamIndex === picture || isCut ? { cues: null, warnings: [] } : none('it has no cue inside the film');
  try {
    const { cues, damaged } = fileFormatOf(text).read(cleanControls(new TextDecoder().decode(file)));
    const shifted = shiftCues(cues, -Math.round((originSeconds - clockShift(text, film)) * 1000));
    const { cues: inside, outside } = fitCues(shifted, durationSeconds * 1000);
    const written = new TextEncoder().encode(writeWebVtt(inside));
    if (written.byteLength > MAX_TEXT_BYTES) {
      return none('it is too long');
    }
    const warnings = textWarnings({ damaged, outside: isCut ? 0 : outside }, `${textName(text)}: `);
    return inside.length === 0 ? empty() : { cues: written, warnings };
  } catch (error) {
    if (!(error instanceof TextError)) {
      throw error;
    }
    return none(error.message);
  }
}
