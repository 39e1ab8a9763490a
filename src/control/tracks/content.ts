/** Files of cues that callers bring: read, parsed and kept in the bucket before a row names them. */

import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { trackFileKey } from '../../media/keys.ts';
import { MAX_DURATION_SECONDS, MAX_TEXT_BYTES } from '../../media/limits.ts';
import { fitCues, TextError } from '../../media/text/cue.ts';
import { packText } from '../../media/text/pack.ts';
import { parseText } from '../../media/text/parse-text.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { randomId } from '../../platform/random-id.ts';
import { textWarnings, type Warning } from '../../protocol/warnings.ts';
import { JobFailure, jobErrorOf } from '../encoding/job-failure.ts';
import { fetchFile } from '../sources/fetch-file.ts';
import { locateSource, SOURCE_ERRORS } from '../sources/locate-source.ts';
import type { TrackSource } from './schemas.ts';

const tooLarge = () => new AppError('body_too_large', { detail: `At most ${MAX_TEXT_BYTES} bytes` });

async function readObject(bucket: R2Bucket, key: string): Promise<Uint8Array> {
  const object = await bucket.get(key).catch((cause: unknown) => {
    throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
  });
  if (object === null) {
    throw new AppError('source_not_found', { detail: `There is no object ${key}` });
  }
  if (object.size > MAX_TEXT_BYTES) {
    await object.body.cancel();
    throw tooLarge();
  }
  return new Uint8Array(await object.arrayBuffer());
}

/** Failures of pulling are those of a job (src/control/sources). */
async function readUrl(url: string, loopbackAllowed: boolean): Promise<Uint8Array> {
  try {
    const bytes = await fetchFile(url, MAX_TEXT_BYTES, loopbackAllowed);
    if (bytes === null) {
      throw tooLarge();
    }
    return bytes;
  } catch (error) {
    if (error instanceof JobFailure) {
      const { code, message } = jobErrorOf(error, { jobId: 'none', assetId: 'none' });
      const known = code === 'source_refused' ? 'source_refused' : 'source_not_found';
      throw new AppError(known, { detail: message, cause: error });
    }
    throw error;
  }
}

export async function readSource(env: Bindings, source: TrackSource): Promise<Uint8Array> {
  const located = await locateSource(env, source);
  return 'object' in located
    ? await readObject(env.MEDIA, located.object)
    : await readUrl(located.url, configOf(env).SOURCE_LOOPBACK === 'on');
}

/** What is answered to a file that is no text track, or cannot be read. */
export const CONTENT_ERRORS = [
  ...(['text_unreadable', 'text_too_long', 'text_empty'] as const),
  ...SOURCE_ERRORS,
] as const;

/** Throws AppError where no text track can be made of the file. `durationSeconds`: null before the film is known. */
export function checkText(bytes: Uint8Array, language: string, durationSeconds: number | null): Warning[] {
  try {
    const { cues, damaged } = parseText(bytes, { language });
    const durationMs = 1000 * (durationSeconds ?? MAX_DURATION_SECONDS);
    const fitted = fitCues(cues, durationMs);
    packText(fitted.cues, durationMs);
    return textWarnings({ damaged, outside: fitted.outside });
  } catch (error) {
    if (error instanceof TextError) {
      throw new AppError(error.code, { detail: error.message, cause: error });
    }
    throw error;
  }
}

/** Under a key of its own, so that a revision that was made of earlier cues can be made again. */
export async function storeContent(
  { MEDIA }: Pick<Bindings, 'MEDIA'>,
  assetId: string,
  bytes: Uint8Array,
): Promise<string> {
  const key = trackFileKey(assetId, randomId(16));
  await MEDIA.put(key, bytes).catch((cause: unknown) => {
    throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
  });
  return key;
}
