/** Schemas of the calls about views. They check requests and make the OpenAPI document. */

import { z } from '@hono/zod-openapi';
import { DIMENSIONS, RESOLUTIONS } from '../../analytics/facts.ts';
import { TOP_WINDOWS } from '../../analytics/read/asset-views.ts';
import { timeSchema } from '../../http/times.ts';
import { assetIdSchema, versionIdSchema } from '../../media/ids.ts';
import { countSchema, liveViewsSchema, minutesSchema } from '../resources/live-numbers.ts';

export const FORMATS = ['json', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

export const viewsQuerySchema = z.object({
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  resolution: z.enum(RESOLUTIONS).default('hour'),
  by: z.enum(DIMENSIONS).optional(),
  /** Takes precedence over `Accept`. */
  format: z.enum(FORMATS).optional(),
});

export const seriesPointSchema = z.object({
  start: z.iso.datetime(),
  views: countSchema,
  minutes: minutesSchema,
  peakWatching: countSchema,
  viewers: countSchema.optional().openapi({ description: 'An estimate; only for days' }),
  by: z
    .record(z.string(), z.object({ views: countSchema, minutes: minutesSchema }))
    .optional()
    .openapi({ description: 'By value of the requested dimension. A rendition has minutes but no views of its own' }),
});

export const viewsStreamSchema = z
  .object({ event: z.literal('views'), data: liveViewsSchema })
  .openapi('ViewsStreamEvent', { description: 'The fields of one server-sent event; `data` is JSON' });

export const viewsSchema = liveViewsSchema
  .extend({
    assetId: assetIdSchema,
    viewSeconds: z.number().openapi({ description: 'Seconds of media that make a session a view' }),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    resolution: z.enum(RESOLUTIONS),
    keptFrom: z.iso.datetime().openapi({ description: 'Start of what is kept at this resolution' }),
    series: z.array(seriesPointSchema).openapi({ description: 'Oldest first; empty intervals have no point' }),
  })
  .openapi('Views');

export const retentionQuerySchema = z.object({ version: versionIdSchema.optional() });

export const retentionSchema = z
  .object({
    version: versionIdSchema.nullable().openapi({ description: 'Null if nobody has watched the asset' }),
    segmentSeconds: z.number().nullable(),
    sessions: countSchema,
    curve: z.array(
      z.object({
        /** Numbered from 1. */
        segment: z.int().min(1),
        startSeconds: z.number(),
        sessions: countSchema,
        share: z.number().min(0).max(1).openapi({ description: 'Share of the sessions that were given any segment' }),
      }),
    ),
  })
  .openapi('Retention');

export const topQuerySchema = z.object({
  window: z.enum(TOP_WINDOWS).default('all'),
  limit: z.coerce.number().int().min(1).max(100).default(10),
});

export const topSchema = z
  .object({
    window: z.enum(TOP_WINDOWS),
    assets: z.array(
      z.object({
        id: assetIdSchema,
        title: z.string(),
        number: countSchema.openapi({
          description: '`now`: sessions watching; `today`: views since midnight UTC; `all`: views',
        }),
      }),
    ),
  })
  .openapi('TopAssets');
