/** Views of an asset as JSON, as a file and as a stream; its retention; and the most watched assets. */

import { z } from '@hono/zod-openapi';
import { accepts } from 'hono/accepts';
import type { CountersEnv } from '../../analytics/counters-env.ts';
import { keptMsOf } from '../../analytics/facts.ts';
import { askRoot, topAssets } from '../../analytics/read/asset-views.ts';
import { findAsset } from '../../catalog/assets.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { EVENT_STREAM_TYPE, eventStreamResponse, StreamPlaces } from '../../http/event-stream.ts';
import { apiRoute, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { liveReport } from '../resources/live-numbers.ts';
import { assetParams } from '../resources/schemas.ts';
import { liveEvents } from './live-stream.ts';
import {
  FORMATS,
  type Format,
  retentionQuerySchema,
  retentionSchema,
  topQuerySchema,
  topSchema,
  viewsQuerySchema,
  viewsSchema,
  viewsStreamSchema,
} from './schemas.ts';
import { resolveSeries } from './views-query.ts';
import { EXPORT_TYPES, exportName, exportText, pointReport, retentionReport } from './views-report.ts';

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
};

/** Throws AppError `asset_not_found`. */
async function requireAsset(env: Pick<Bindings, 'CATALOG'>, id: string): Promise<void> {
  if ((await findAsset(env.CATALOG, id)) === null) {
    throw new AppError('asset_not_found');
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

export const viewsRoutes = newRouter<Pick<Bindings, 'CATALOG'> & CountersEnv>();

viewsRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/views',
    operationId: 'getViews',
    summary: 'Get the views of an asset: current totals and a series by minute, hour or day, as JSON, CSV or NDJSON',
    request: { params: assetParams, query: viewsQuerySchema },
    responses: {
      200: {
        description: 'By default the last 24 hours by hour',
        content: {
          'application/json': { schema: viewsSchema },
          'text/csv': { schema: z.string() },
          'application/x-ndjson': { schema: z.string() },
        },
      },
      ...problemResponses('asset_not_found', 'range_too_large', 'resolution_too_fine', 'unavailable'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { from, to, resolution, by = null, format: asked } = c.req.valid('query');
    const nowMs = Date.now();
    const query = resolveSeries({ fromMs: from, toMs: to, resolution, by }, nowMs);
    await requireAsset(c.env, id);
    const supports = Object.values(MEDIA_TYPES);
    const accepted = accepts(c, { header: 'Accept', supports, default: MEDIA_TYPES.json });
    const format = asked ?? FORMATS.find((each) => MEDIA_TYPES[each] === accepted) ?? 'json';
    if (format !== 'json') {
      const points = await askRoot(c.env, id, (root) => root.series(query));
      return c.body(exportText(points, { resolution, by, format }), 200, {
        'content-type': EXPORT_TYPES[format],
        'content-disposition': `attachment; filename="${exportName(id, resolution, by, format)}"`,
      });
    }
    const [live, points] = await askRoot(c.env, id, (root) => Promise.all([root.live(), root.series(query)]));
    const config = configOf(c.env);
    const keptFromMs = nowMs - keptMsOf(config)[resolution];
    const totals = { assetId: id, ...liveReport(live), viewSeconds: config.VIEW_SECONDS };
    const range = { from: iso(query.fromMs), to: iso(query.toMs), resolution, keptFrom: iso(keptFromMs) };
    return c.json({ ...totals, ...range, series: points.map(pointReport) }, 200);
  },
);

viewsRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/retention',
    operationId: 'getRetention',
    summary: 'Get the retention of an asset: how many sessions were given each segment',
    request: { params: assetParams, query: retentionQuerySchema },
    responses: {
      200: jsonResponse('By default of the version that was watched last', retentionSchema),
      ...problemResponses('asset_not_found', 'unavailable'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { version } = c.req.valid('query');
    await requireAsset(c.env, id);
    return c.json(retentionReport(await askRoot(c.env, id, (root) => root.retention(version ?? null))), 200);
  },
);

viewsRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/views/top',
    operationId: 'listTopAssets',
    summary: 'List the most-watched assets: now, today (UTC) or of all time; of today and all time at most an hour old',
    request: { query: topQuerySchema },
    responses: {
      200: jsonResponse('The assets, most watched first', topSchema),
    },
  }),
  async (c) => {
    const { window, limit } = c.req.valid('query');
    return c.json({ window, assets: await topAssets(c.env, { window, limit }, Date.now()) }, 200);
  },
);

/** Of one isolate: they ask a root at most two hundred times a second, a fifth of what an object can answer. */
const MAX_STREAMS = 100;

const places = new StreamPlaces(MAX_STREAMS);

viewsRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/views/events',
    operationId: 'streamViews',
    summary:
      'Follow the views of an asset: a server-sent event `views` whenever they change, at most 5 minutes at a time',
    request: { params: assetParams },
    responses: {
      200: eventStreamResponse(viewsStreamSchema),
      ...problemResponses('asset_not_found', 'streams_full'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    await requireAsset(c.env, id);
    const headers = { 'content-type': EVENT_STREAM_TYPE };
    if (c.req.method === 'HEAD') {
      // Nothing reads its body: a stream would hold its place until its time is up.
      return c.body(null, 200, headers);
    }
    const events = liveEvents({
      readLive: () => askRoot(c.env, id, (root) => root.live()),
      now: () => Date.now(),
      wait: (ms) => scheduler.wait(ms),
    });
    return c.body(places.open(events, Date.now()), 200, headers);
  },
);
