/** An event as the API and webhooks show it: the views of the asset and its job as they were then. Pure. */

import { z } from '@hono/zod-openapi';
import { type AssetRow, EVENT_TYPES, type EventType, type JobRow } from '../../catalog/rows.ts';
import { assetView, iso, jobView } from './present.ts';
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

/** As catalog/event-log.ts writes it, this release's or an older one's: rows in parts, which are laid over one another. */
type Snapshot = {
  state: { asset: Partial<AssetRow>[]; job: Partial<JobRow>[] | null };
  aside: { asset: Partial<AssetRow>; job: Partial<JobRow> };
};

/** Progress is left out because it happens between events. */
const withoutProgress = <View extends { progress: number }>({ progress: _, ...view }: View) => view;

export function eventView(row: EventRow): EventView {
  const { state, aside }: Snapshot = JSON.parse(row.snapshot);
  // Rows without warnings, and those of releases that had none, lack the column; sources, options, and jobs that add a track are not in
  // the log.
  const none = { warnings: null, source_key: null, source_url: null, options: null, track: null };
  const asset: AssetRow = Object.assign({}, none, ...state.asset, aside.asset);
  const job: JobRow | null = state.job === null ? null : Object.assign({}, none, ...state.job, aside.job);
  if (asset.duration_seconds !== null) {
    // The log holds it as text, which keeps all digits.
    asset.duration_seconds = Number(asset.duration_seconds);
  }
  return {
    id: row.id,
    type: row.type,
    timestamp: iso(row.created_at),
    sequence: row.sequence,
    data: {
      asset: withoutProgress(assetView(asset, job, 0)),
      job: job === null ? null : withoutProgress(jobView(job, 0)),
    },
  };
}
