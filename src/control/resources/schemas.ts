/** Schemas of the catalog's calls. They check requests and make the OpenAPI document. */

import { z } from '@hono/zod-openapi';
import { DEFAULT_PRIORITY } from '../../catalog/assets.ts';
import { ASSET_STATUSES, JOB_STATUSES, READY_STATES } from '../../catalog/rows.ts';
import { VERSION_STATUSES } from '../../catalog/versions.ts';
import { assetIdSchema, jobIdSchema, trackIdSchema, uploadIdSchema, versionIdSchema } from '../../media/ids.ts';
import { isSourceKey, MAX_SOURCE_KEY_LENGTH, SOURCE_KEY } from '../../media/keys.ts';
import { POLICIES } from '../../media/presentation.ts';
import { labelSchema } from '../../platform/text.ts';
import { encodeEstimateSchema } from '../../protocol/encode-estimate.ts';
import {
  audioOptionsSchema,
  ENCODE_MODES,
  encodeOptionsSchema,
  isPart,
  secondsSchema,
} from '../../protocol/encode-options.ts';
import { sourceLookSchema } from '../../protocol/source-look.ts';
import { WARNING_CODES } from '../../protocol/warnings.ts';
import { TASK_STATES } from '../encoding/board/task-state.ts';
import { detailFields, isWindow, NO_WINDOW, shownDetailFields } from './asset-details.ts';
import { liveViewsSchema } from './live-numbers.ts';

const titleSchema = labelSchema(200);
const prioritySchema = z.int().min(0).max(100);

const isRange = ({
  start = 0,
  end = Number.POSITIVE_INFINITY,
}: {
  start?: number | undefined;
  end?: number | undefined;
}) => start < end;
const NO_RANGE = { message: 'must be later than start', path: ['end'] };

const encodeSchema = z.enum(ENCODE_MODES).openapi({
  description:
    'Of a file that plays as it was uploaded: whether the ladder is encoded at once (`always`, the default), once it has been ' +
    'watched a few times (`onDemand`), or not (`never`). Any other file is encoded at once, or with `never` fails as ' +
    '`source_not_playable`',
});

type Encoded = { encode?: (typeof ENCODE_MODES)[number] | undefined };
/** What plays as it was uploaded is the whole file. */
const isWholeOrEncoded = (given: Encoded & { start?: number | undefined; end?: number | undefined }): boolean =>
  given.encode === undefined || given.encode === 'always' || !isPart(given);
/** Given to zod as a copy: it takes the message out of what it is given. */
export const NO_PART = { message: 'must be always where there is a start or an end', path: ['encode'] };

/** Of the film, in seconds. */
const rangeFields = {
  start: secondsSchema.optional().openapi({ description: 'The film begins at the frame nearest to this second' }),
  end: secondsSchema.optional().openapi({ description: 'It ends there, or where the source does if that is earlier' }),
};

const object = z
  .string()
  .max(MAX_SOURCE_KEY_LENGTH)
  .regex(SOURCE_KEY, 'must be a key below sources/, such as sources/film.mp4 or sources/my-film/film.mp4')
  // The regex has already reported any other mistake.
  .refine((key) => !SOURCE_KEY.test(key) || isSourceKey(key), 'must be Unicode text of at most 1,024 bytes')
  .openapi({
    description: 'A key below `sources/` in the bucket; at most 1,024 bytes of UTF-8',
    pattern: SOURCE_KEY.source,
  });
const url = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .openapi({ description: 'URL on a public host; redirects are followed and each is checked' });
const upload = uploadIdSchema;

const sourceInputSchema = z
  .union([
    z.strictObject({ object, ...rangeFields }),
    z.strictObject({ url, ...rangeFields }),
    z.strictObject({ upload, ...rangeFields }),
  ])
  .refine(isRange, { ...NO_RANGE })
  .openapi('Source');

const assetFields = z.strictObject({
  title: titleSchema.optional(),
  policy: z.enum(POLICIES).default('signed'),
  /** For many viewers at once: when it is published, what players fetch first goes through the cache tiers. */
  prewarm: z.boolean().default(false),
  audio: audioOptionsSchema.optional(),
  encode: encodeSchema.optional(),
  /** Of the encode job; higher first. */
  priority: prioritySchema.default(DEFAULT_PRIORITY),
  ...detailFields,
});

/** An asset without its source: what an upload is given that becomes one. */
export const assetInputSchema = assetFields.refine(isWindow, { ...NO_WINDOW }).openapi('AssetInput');
export type AssetInput = z.infer<typeof assetInputSchema>;

export const createAssetSchema = assetFields
  .extend({ source: sourceInputSchema })
  .refine(isWindow, { ...NO_WINDOW })
  .refine(({ encode, source }) => isWholeOrEncoded({ encode, ...source }), { ...NO_PART })
  .openapi('CreateAsset');

const newVersionFields = {
  ...rangeFields,
  /** Left out: as the asset has it. */
  audio: audioOptionsSchema.optional(),
  /** Left out: as the asset has it; of a part of the file, `always`. */
  encode: encodeSchema.optional(),
  priority: prioritySchema.default(DEFAULT_PRIORITY),
};

/** The next version of an asset, of another file. */
export const newSourceSchema = z
  .union([
    z.strictObject({ object, ...newVersionFields }),
    z.strictObject({ url, ...newVersionFields }),
    z.strictObject({ upload, ...newVersionFields }),
  ])
  .refine(isRange, { ...NO_RANGE })
  .refine(isWholeOrEncoded, { ...NO_PART })
  .openapi('NewSource');

export const createClipSchema = z
  .strictObject({
    start: secondsSchema,
    end: secondsSchema,
    title: titleSchema.optional(),
    policy: z.enum(POLICIES).optional(),
    encode: z.literal('always').optional().openapi({ description: 'A part of a film is always encoded' }),
  })
  .refine(isRange, { ...NO_RANGE })
  .openapi('CreateClip');

export const changeAssetSchema = z
  .strictObject({
    title: titleSchema.optional(),
    policy: z.enum(POLICIES).optional(),
    disabled: z.boolean().optional(),
    prewarm: z.boolean().optional(),
    encode: encodeSchema.optional().openapi({
      description:
        '`always` also encodes what was not encoded: a film that plays as it was uploaded, or has failed as ' +
        '`source_not_playable`. Other changes hold for later jobs',
    }),
    ...detailFields,
  })
  .refine(isWindow, { ...NO_WINDOW })
  .openapi('ChangeAsset');
export type ChangeAsset = z.infer<typeof changeAssetSchema>;

/** One transaction, and one answer that shows them all. */
const ASSETS_AT_ONCE = 100;

export const changeAssetsSchema = z
  .strictObject({ ids: z.array(assetIdSchema).min(1).max(ASSETS_AT_ONCE), change: changeAssetSchema })
  .openapi('ChangeAssets');

export const progressSchema = z.number().min(0).max(1);

export const taskFields = {
  kind: z.string().openapi({ description: '`inspect`, `inspect_sound`, `chunk` or `audio`' }),
  state: z.enum(TASK_STATES),
  progress: progressSchema,
};

export const errorSchema = z.object({ code: z.string(), message: z.string() });

const warningSchema = z
  .object({
    code: z.string().openapi({ description: 'Stable; codes are added over time' }),
    message: z.string(),
    at: z
      .number()
      .min(0)
      .optional()
      .openapi({ description: "Seconds from the film's start; the first place of several" }),
  })
  .openapi('Warning');
export const warningsSchema = z.array(warningSchema);

/** A union: `nullable()` would make the look itself nullable, wherever it is named. */
export const lookSchema = z
  .union([sourceLookSchema.openapi('SourceLook'), z.null()])
  .openapi({ description: 'Whether the file plays as it is, or why not; null until it has been looked at' });

export const estimateSchema = z.union([encodeEstimateSchema.openapi('EncodeEstimate'), z.null()]).openapi({
  description: 'What the ladder of a file that plays as it is costs to encode and to store; null for any other file',
});

export const assetSchema = z
  .object({
    id: assetIdSchema,
    title: z.string(),
    policy: z.enum(POLICIES),
    disabled: z.boolean(),
    prewarm: z.boolean(),
    status: z.enum(ASSET_STATUSES),
    ready: z.enum(READY_STATES).openapi({
      description:
        'What plays: `source` is the uploaded file itself, `partial` an early rendition and the sound, for the whole duration; ' +
        'the other tracks follow',
    }),
    progress: progressSchema.openapi({ description: 'Progress of the latest job' }),
    error: errorSchema.nullable(),
    warnings: warningsSchema.openapi({
      description:
        'What the version that plays loses, changes or repairs of its source; before that, of the job under way',
    }),
    /** Left out where none were given, and in events. */
    options: encodeOptionsSchema.omit({ encode: true }).optional(),
    encode: encodeSchema,
    version: z.string().nullable(),
    revision: z.int().nullable(),
    durationSeconds: z.number().nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    ...shownDetailFields,
    job: z.object({ id: jobIdSchema, status: z.enum(JOB_STATUSES) }).nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Asset');

export const assetDetailSchema = assetSchema
  .extend({
    // A union: `nullable()` with a description would make LiveViews itself nullable, wherever it is named.
    views: z
      .union([liveViewsSchema, z.null()])
      .openapi({ description: 'At most two minutes old (see `/assets/{id}/views`); null if nobody has watched it' }),
    look: lookSchema,
    encodeEstimate: estimateSchema,
  })
  .openapi('AssetDetail');

export const jobSchema = z
  .object({
    id: jobIdSchema,
    assetId: assetIdSchema,
    version: z.string(),
    status: z.enum(JOB_STATUSES),
    priority: prioritySchema,
    /** The job whose finished tasks this one keeps. */
    retryOf: jobIdSchema.nullable(),
    track: trackIdSchema.nullable().openapi({ description: 'The track that it adds to the version' }),
    progress: progressSchema,
    error: errorSchema.nullable(),
    warnings: warningsSchema.openapi({
      description: 'Of the inspection while it encodes; of all tasks when it is done',
    }),
    look: lookSchema,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Job');

export const versionSchema = z
  .object({
    version: versionIdSchema,
    status: z.enum(VERSION_STATUSES).openapi({
      description: '`current` plays; `ready` can be made current; the objects of a `collected` one have been removed',
    }),
    /** The newest one that was published. */
    revision: z.int().nullable(),
    fromSource: z.boolean().openapi({ description: 'It is the uploaded file itself, and nothing encoded' }),
    durationSeconds: z.number().nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    job: z.object({ id: jobIdSchema, status: z.enum(JOB_STATUSES) }),
    sourceKey: z.string().nullable().openapi({ description: 'What it is encoded from, in the bucket' }),
    error: errorSchema.nullable(),
    warnings: warningsSchema,
    createdAt: z.iso.datetime(),
    publishedAt: z.iso.datetime().nullable(),
  })
  .openapi('Version');

export const changeJobSchema = z.strictObject({ priority: prioritySchema }).openapi('ChangeJob');

export const jobDetailSchema = jobSchema
  .extend({
    tasks: z.array(
      z.object({
        id: z.string(),
        ...taskFields,
        attempt: z.int(),
        failures: z.int(),
        encoder: z.string().nullable(),
        error: errorSchema.extend({ detail: z.string().optional() }).nullable(),
      }),
    ),
  })
  .openapi('JobDetail');

export const pageQuerySchema = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** Of lists whose rows have warnings. */
export const warnedPageQuerySchema = pageQuerySchema.extend({
  warnings: z
    .enum(['any', 'none', ...WARNING_CODES])
    .optional()
    .openapi({ description: 'Only rows with any warning, with none, or with one of this code' }),
});

export const assetParams = z.object({ id: assetIdSchema });
export const versionParams = assetParams.extend({ version: versionIdSchema });
export const jobParams = z.object({ id: jobIdSchema });
