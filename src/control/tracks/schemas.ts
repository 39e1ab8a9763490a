/** Schemas of the calls of tracks and chapters. They check requests and make the OpenAPI document. */

import { z } from '@hono/zod-openapi';
import { assetIdSchema, trackIdSchema, uploadIdSchema } from '../../media/ids.ts';
import { isSourceKey } from '../../media/keys.ts';
import { canonicalLanguage, languageSchema } from '../../media/language.ts';
import { MAX_CHAPTER_TITLE, MAX_CHAPTERS, MAX_DURATION_SECONDS, MAX_TRACK_NAME } from '../../media/limits.ts';
import { AUDIO_ROLES, loudnessSchema, TEXT_KINDS } from '../../media/presentation.ts';
import { labelSchema } from '../../platform/text.ts';
import { errorSchema, warningsSchema } from '../resources/schemas.ts';

const DAY_MS = 86_400_000;

const languageTagSchema = languageSchema
  .refine((tag) => canonicalLanguage(tag) !== 'und' || tag.toLowerCase() === 'und', 'must be a BCP 47 language tag')
  .overwrite(canonicalLanguage)
  .openapi({ description: 'BCP 47, such as `en`, `pt-BR`, `zh-Hant`; `und` if unknown' });

const nameSchema = labelSchema(MAX_TRACK_NAME);
const roleSchema = z.enum(AUDIO_ROLES);
const kindSchema = z.enum(TEXT_KINDS).openapi({
  description:
    '`captions` also tell who speaks and what sounds; `forced` translate only what a viewer of the language would not understand; `descriptions` say what the picture shows',
});

const sourceSchema = z
  .union([
    z.strictObject({ object: z.string().refine(isSourceKey, 'must be a key below sources/') }),
    z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2048) }),
    z.strictObject({ upload: uploadIdSchema }),
  ])
  .openapi('TrackSource');
export type TrackSource = z.infer<typeof sourceSchema>;

/** `source` or, for short, its member. */
const sourceMembers = {
  source: sourceSchema.optional(),
  object: z.string().optional(),
  url: z.string().optional(),
  upload: z.string().optional(),
};
type GivenSource = { source?: TrackSource | undefined } & {
  [Member in 'object' | 'url' | 'upload']?: string | undefined;
};
const sourceOf = ({ source, object, url, upload }: GivenSource, context: z.RefinementCtx): TrackSource => {
  const short = Object.entries({ object, url, upload }).filter(([, value]) => value !== undefined);
  const given = [...(source === undefined ? [] : [source]), ...short.map((member) => Object.fromEntries([member]))];
  const parsed = sourceSchema.safeParse(given[0]);
  if (!parsed.success || given.length > 1) {
    context.addIssue({ code: 'custom', path: ['source'], message: 'must be one of {object}, {url} and {upload}' });
    return z.NEVER;
  }
  return parsed.data;
};

export const replaceTextSchema = z.strictObject(sourceMembers).transform(sourceOf).openapi('ReplaceText');

const serviceSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .openapi({ description: '`https` on a public host' }),
    secret: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/)
      .optional()
      .openapi({ description: 'Signs the message (Standard Webhooks); without it, the message is not signed' }),
  })
  .openapi('CaptioningService', {
    description: 'Is asked for the cues: it gets a link to the sound and an address that takes its file',
  });

const textMembers = {
  language: languageTagSchema,
  name: nameSchema.optional(),
};
export const addTrackSchema = z
  .strictObject({
    ...sourceMembers,
    ...textMembers,
    service: serviceSchema.optional(),
    kind: z.enum([...TEXT_KINDS, 'audio']),
    role: roleSchema.optional(),
    default: z.boolean().optional(),
  })
  .transform(({ source, object, url, upload, service, ...track }, context) => {
    if (service === undefined) {
      return { ...track, source: sourceOf({ source, object, url, upload }, context) };
    }
    if ((source ?? object ?? url ?? upload) !== undefined || !['subtitles', 'captions'].includes(track.kind)) {
      context.addIssue({
        code: 'custom',
        path: ['service'],
        message: 'writes subtitles or captions, without a source',
      });
    }
    return { ...track, service };
  })
  .openapi('AddTrack');
export type AddTrackInput = z.infer<typeof addTrackSchema>;
export type CaptioningService = z.infer<typeof serviceSchema>;

/** Of a raw body. All members are optional, since a JSON body has its own. */
export const addTextQuerySchema = z.object({
  kind: kindSchema.optional(),
  language: languageTagSchema.optional(),
  name: nameSchema.optional(),
  default: z.enum(['true', 'false']).optional(),
});

export const changeTrackSchema = z
  .strictObject({
    language: languageTagSchema.optional(),
    name: nameSchema.nullable().optional().openapi({ description: 'null: none' }),
    role: roleSchema.nullable().optional().openapi({ description: "Of sound; null: the film's own" }),
    kind: kindSchema.optional(),
    default: z.boolean().optional(),
    shiftMs: z
      .int()
      .min(-DAY_MS)
      .max(DAY_MS)
      .optional()
      .openapi({ description: 'Of text: how much later cues are shown than their file says' }),
  })
  .openapi('ChangeTrack');
export type TrackChangeInput = z.infer<typeof changeTrackSchema>;

const bandwidthSchema = z.int().openapi({ description: 'Peak, bits per second' });
const ownFields = {
  id: trackIdSchema,
  language: z.string(),
  name: z.string().nullable(),
  default: z.boolean(),
  origin: z.enum(['source', 'added']),
  status: z.enum(['waiting', 'ready', 'failed']).openapi({ description: '`ready`: new sessions have it' }),
  error: errorSchema.nullable(),
  warnings: warningsSchema,
};

const videoViewSchema = z
  .object({
    kind: z.literal('video'),
    id: trackIdSchema,
    width: z.int(),
    height: z.int(),
    frameRate: z.number(),
    codec: z.string(),
    bandwidth: bandwidthSchema,
  })
  .openapi('VideoTrack');
const audioViewSchema = z
  .object({
    kind: z.literal('audio'),
    ...ownFields,
    role: roleSchema.nullable(),
    loudness: loudnessSchema.nullable(),
    formats: z.array(z.object({ id: trackIdSchema, codec: z.string(), channels: z.int(), bandwidth: bandwidthSchema })),
  })
  .openapi('AudioTrack');
const textViewSchema = z.object({ kind: kindSchema, ...ownFields, shiftMs: z.int() }).openapi('TextTrack');

export const trackSchema = z.union([videoViewSchema, audioViewSchema, textViewSchema]).openapi('Track');
export type TrackView = z.infer<typeof trackSchema>;
export const trackListSchema = z.object({ tracks: z.array(trackSchema) }).openapi('TrackList');

export const trackParams = z.object({ id: assetIdSchema, track: trackIdSchema });

/** Milliseconds: players show no finer. */
const msOf = (seconds: number): number => Math.round(seconds * 1000);

export const chaptersSchema = z
  .strictObject({
    chapters: z
      .array(
        z.strictObject({
          start: z
            .number()
            .min(0)
            .max(MAX_DURATION_SECONDS)
            .openapi({ description: 'Seconds; a chapter ends where the next begins' }),
          title: labelSchema(MAX_CHAPTER_TITLE),
        }),
      )
      .max(MAX_CHAPTERS)
      .refine(
        (chapters) => chapters.every(({ start }, at) => at === 0 || msOf(start) > msOf(chapters[at - 1]?.start ?? 0)),
        'must be in the order of their starts, each later than the one before',
      ),
  })
  .openapi('Chapters');

export const toStored = ({ chapters }: z.infer<typeof chaptersSchema>) =>
  chapters.map(({ start, title }) => ({ startMs: msOf(start), title }));

export const chapterListSchema = z
  .object({
    languages: z.array(
      z.object({
        language: z.string(),
        chapters: z.array(z.object({ start: z.number(), title: z.string() })),
      }),
    ),
  })
  .openapi('ChapterList');

export const chapterParams = z.object({ id: assetIdSchema, language: languageTagSchema });
