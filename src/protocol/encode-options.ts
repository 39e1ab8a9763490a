/** What the owner of an asset asks of its encode. Stored with the asset, so that every further version is encoded alike. Pure. */
import { z } from 'zod';
import { MAX_DURATION_SECONDS } from '../media/limits.ts';
import { targetLufsSchema } from './plan-schema.ts';

export const secondsSchema = z.number().min(0).max(MAX_DURATION_SECONDS);

export const audioOptionsSchema = z.strictObject({
  /** E-AC-3 with AC-3 beside AAC, where the source has surround sound (HAS 2.6). */
  dolby: z.boolean().optional(),
  /** LUFS. Left out: the loudness of the source stays. */
  loudness: targetLufsSchema.optional(),
});

/** When the ladder is encoded: at once; once the film has been watched a few times; not at all. */
export const ENCODE_MODES = ['always', 'onDemand', 'never'] as const;
export type EncodeMode = (typeof ENCODE_MODES)[number];

export const encodeOptionsSchema = z.strictObject({
  /** Seconds of the film: the part between the two. Cut at the nearest frame. */
  start: secondsSchema.optional(),
  end: secondsSchema.optional(),
  audio: audioOptionsSchema.optional(),
  /** Left out: always. */
  encode: z.enum(ENCODE_MODES).optional(),
  /** A longer source fails: of an upload link. */
  maxSeconds: z.number().positive().max(MAX_DURATION_SECONDS).optional(),
});
export type EncodeOptions = z.infer<typeof encodeOptionsSchema>;
/** `always` is left out. */
export const storedMode = (mode: EncodeMode = 'always'): EncodeMode | null => (mode === 'always' ? null : mode);

/** Whether it is a part of the source. */
export const isPart = ({ start, end }: Pick<EncodeOptions, 'start' | 'end'>): boolean =>
  start !== undefined || end !== undefined;

/** Of `assets.options`. */
export const parseOptions = (json: string | null): EncodeOptions =>
  json === null ? {} : encodeOptionsSchema.parse(JSON.parse(json));

/** Null where they say nothing. */
export function optionsJson({ audio = {}, encode, ...range }: EncodeOptions): string | null {
  const json = JSON.stringify({
    ...range,
    ...(Object.keys(audio).length === 0 ? {} : { audio }),
    ...(storedMode(encode) === null ? {} : { encode }),
  });
  return json === '{}' ? null : json;
}

export type AudioOptions = NonNullable<EncodeOptions['audio']>;
