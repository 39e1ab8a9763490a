/** An event as the API and webhooks show it: the views of the asset and its job as they were then. Pure. */

import { z } from '@hono/zod-openapi';
import {
  ASSET_EVENT_TYPES,
  type AssetRow,
  type EventType,
  type JobRow,
  NO_DETAILS,
  UPLOAD_EVENT_TYPES,
} from '../../catalog/rows.ts';
import { assetView, iso, jobView } from './present.ts';
import { assetSchema, jobSchema } from './schemas.ts';
import { type UploadFactsRow, uploadSchema, uploadView } from './upload-view.ts';

export type EventRow = {
  id: string;
  asset_id: string;
  sequence: number;
  type: EventType;
  snapshot: string;
  created_at: number;
};

const eventOf = <Type extends z.ZodType, Data extends z.ZodType>(type: Type, data: Data, sequence: string) =>
  z.object({
    id: z
      .string()
      .openapi({ description: 'The same in every delivery, and in the header `webhook-id`: use it to detect repeats' }),
    type,
    /** When it happened. */
    timestamp: z.iso.datetime(),
    sequence: z.int().openapi({ description: sequence }),
    data,
  });

/** Progress is left out because it happens between events, the others because the log does not have them. */
const NOT_IN_EVENTS = { asset: { progress: true, encode: true }, job: { progress: true, look: true } } as const;

export const assetEventSchema = eventOf(
  z.enum(ASSET_EVENT_TYPES),
  z.object({
    asset: assetSchema.omit(NOT_IN_EVENTS.asset).openapi('AssetThen'),
    job: jobSchema.omit(NOT_IN_EVENTS.job).nullable().openapi({ description: "The asset's latest job" }),
  }),
  '1, 2, … per asset, without gaps',
).openapi('AssetEvent');
type AssetEventView = z.infer<typeof assetEventSchema>;

const uploadEventSchema = eventOf(
  z.enum(UPLOAD_EVENT_TYPES),
  z.object({ upload: uploadSchema }),
  '1, 2 of the upload',
).openapi('UploadEvent');

export const eventSchema = z.union([assetEventSchema, uploadEventSchema]).openapi('Event');
export type EventView = z.infer<typeof eventSchema>;

/** As catalog/event-log.ts writes it, this release's or an older one's: rows in parts, which are laid over one another. */
type Snapshot = {
  state: { asset: Partial<AssetRow>[]; job: Partial<JobRow>[] | null };
  aside: { asset: Partial<AssetRow>; job: Partial<JobRow> };
};

export function eventView(row: EventRow): EventView {
  const { id, type, sequence } = row;
  const timestamp = iso(row.created_at);
  if (isOfUpload(type)) {
    const { upload }: { upload: UploadFactsRow } = JSON.parse(row.snapshot);
    return { id, type, timestamp, sequence, data: { upload: uploadView(upload) } };
  }
  return { id, type, timestamp, sequence, data: assetData(row) };
}

type UploadEventType = (typeof UPLOAD_EVENT_TYPES)[number];
const isOfUpload = (type: EventType): type is UploadEventType => UPLOAD_EVENT_TYPES.some((known) => known === type);

function assetData(row: EventRow): AssetEventView['data'] {
  const { state, aside }: Snapshot = JSON.parse(row.snapshot);
  // Rows without warnings or details, and those of releases that had none, lack the columns; sources, options, looks, and jobs
  // that add a track, are not in the log.
  const none = { warnings: null, source_key: null, source_url: null, options: null, track: null, look: null };
  const asset: AssetRow = Object.assign({ from_source: null }, none, NO_DETAILS, ...state.asset, aside.asset);
  const job: JobRow | null = state.job === null ? null : Object.assign({}, none, ...state.job, aside.job);
  if (asset.duration_seconds !== null) {
    // The log holds it as text, which keeps all digits.
    asset.duration_seconds = Number(asset.duration_seconds);
  }
  const { progress: _, encode: __, ...assetThen } = assetView(asset, job, 0);
  if (job === null) {
    return { asset: assetThen, job };
  }
  const { progress: ___, look: ____, ...jobThen } = jobView(job, 0);
  return { asset: assetThen, job: jobThen };
}
