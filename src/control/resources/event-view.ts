/** An event as the API shows it and webhooks carry it: the same views as of the asset and the job, of how they were then. Pure. */

import { z } from '@hono/zod-openapi';
import { EVENT_TYPES, type EventType } from '../../catalog/event-types.ts';
import type { AssetRow, JobRow } from '../../catalog/rows.ts';
import { assetView, jobView } from './present.ts';
import { assetSchema, jobSchema } from './schemas.ts';

export type EventRow = {
  id: string;
  asset_id: string;
  sequence: number;
  type: EventType;
  snapshot: string;
  created_at: number;
};

export const eventSchema = z
  .object({
    id: z
      .string()
      .openapi({ description: 'The same in every delivery, and in the header `webhook-id`: use it to detect repeats' }),
    type: z.enum(EVENT_TYPES),
    /** When it happened. */
    timestamp: z.iso.datetime(),
    sequence: z.int().openapi({ description: '1, 2, … per asset, without gaps' }),
    data: z.object({
      asset: assetSchema.omit({ progress: true }).openapi('AssetThen'),
      job: jobSchema.omit({ progress: true }).nullable().openapi({ description: "The asset's latest job" }),
    }),
  })
  .openapi('Event');
export type EventView = z.infer<typeof eventSchema>;

const snapshotSchema = z.object({
  state: z.object({
    asset: z.array(z.record(z.string(), z.unknown())),
    job: z.array(z.record(z.string(), z.unknown())).nullable(),
  }),
  aside: z.object({ asset: z.record(z.string(), z.unknown()), job: z.record(z.string(), z.unknown()) }),
});

/** Progress is left out: it is what happens between events. */
export function eventView(row: EventRow): EventView {
  const { state, aside } = snapshotSchema.parse(JSON.parse(row.snapshot));
  const parts: Record<string, unknown> = Object.assign({}, ...state.asset, aside.asset);
  const seconds = parts['duration_seconds'];
  // The rows were written from the columns of these types, by this Worker or an older one.
  const asset = {
    ...parts,
    duration_seconds: seconds === null ? null : Number(seconds),
  } as AssetRow;
  const job = state.job === null ? null : (Object.assign({}, ...state.job, aside.job) as JobRow);
  const { progress: _, ...assetThen } = assetView(asset, job, 0);
  return {
    id: row.id,
    type: row.type,
    timestamp: new Date(row.created_at).toISOString(),
    sequence: row.sequence,
    data: { asset: assetThen, job: job === null ? null : jobThen(job) },
  };
}

function jobThen(job: JobRow): NonNullable<EventView['data']['job']> {
  const { progress: _, ...then } = jobView(job, 0);
  return then;
}
