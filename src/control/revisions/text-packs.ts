/** Makes text tracks: a file of cues in the bucket → the pack that players read. */

import { textKey, type VersionRef } from '../../media/keys.ts';
import type { TextTrack } from '../../media/presentation.ts';
import { fitCues, shiftCues, TextError } from '../../media/text/cue.ts';
import { packText, segmentCount, TEXT_SEGMENT_SECONDS } from '../../media/text/pack.ts';
import { parseText } from '../../media/text/parse-text.ts';
import type { LeftOut } from '../../protocol/warnings.ts';
import type { TextWish } from './overlay.ts';

type Pack = Pick<TextTrack, 'attempt' | 'wholeBytes' | 'segmentSeconds' | 'segmentBytes'>;
export type MadeText = { text: TextTrack; leftOut: LeftOut };
export type FailedText = { id: string; code: string; message: string };

const ATTEMPTS = 1_000_000;

/**
 * The attempt of a pack is a random number: a key is never written twice, since garbage collection may still be about to
 * delete the object that an earlier revision had there.
 */
function newAttempt(): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return String((random % (ATTEMPTS - 1)) + 1);
}

const textOf = (wish: TextWish, { attempt, wholeBytes, segmentSeconds, segmentBytes }: Pack): TextTrack => ({
  ...wish,
  ...{ attempt, wholeBytes, segmentSeconds, segmentBytes },
});

/** For one version. Packs that exist already are taken: those of `known` tracks, and those it has made. */
export class TextPacks {
  readonly #bucket: R2Bucket;
  readonly #ref: VersionRef;
  readonly #made = new Map<string, MadeText | FailedText>();

  constructor(bucket: R2Bucket, ref: VersionRef) {
    this.#bucket = bucket;
    this.#ref = ref;
  }

  async make(wish: TextWish, known: readonly TextTrack[], durationMs: number): Promise<MadeText | FailedText> {
    const standing = known.find(
      ({ id, made, segmentSeconds, segmentBytes }) =>
        id === wish.id &&
        made.key === wish.made.key &&
        made.shiftMs === wish.made.shiftMs &&
        segmentSeconds === TEXT_SEGMENT_SECONDS &&
        segmentBytes.length === segmentCount(durationMs),
    );
    if (standing !== undefined) {
      return { text: textOf(wish, standing), leftOut: { damaged: 0, outside: 0 } };
    }
    const name = JSON.stringify([wish.id, wish.made, durationMs]);
    const made = this.#made.get(name) ?? (await this.#write(wish, durationMs));
    this.#made.set(name, made);
    return 'code' in made ? made : { ...made, text: textOf(wish, made.text) };
  }

  async #write(wish: TextWish, durationMs: number): Promise<MadeText | FailedText> {
    const object = await this.#bucket.get(wish.made.key);
    if (object === null) {
      return { id: wish.id, code: 'text_missing', message: 'The file of cues is gone' };
    }
    try {
      const { cues, damaged } = parseText(new Uint8Array(await object.arrayBuffer()), { language: wish.language });
      const fitted = fitCues(shiftCues(cues, wish.made.shiftMs), durationMs);
      const { bytes, ...pack } = packText(fitted.cues, durationMs);
      const attempt = newAttempt();
      const written = await this.#bucket.put(textKey(this.#ref, wish.id, attempt), bytes, {
        onlyIf: { etagDoesNotMatch: '*' },
        httpMetadata: { contentType: 'text/vtt' },
      });
      if (written === null) {
        throw new Error(`${wish.id}/${attempt} exists`);
      }
      const leftOut = { damaged, outside: fitted.outside };
      return { text: textOf(wish, { attempt, ...pack }), leftOut };
    } catch (error) {
      if (error instanceof TextError) {
        return { id: wish.id, code: error.code, message: error.message };
      }
      throw error;
    }
  }
}
