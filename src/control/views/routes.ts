/** `/v1/assets/{id}/views` and `/retention`: what an asset's counters know, as JSON or as a file; and which are watched most. */

import { createRoute, z } from '@hono/zod-openapi';
import { accepts } from 'hono/accepts';
import type { CountersEnv } from '../../analytics/counters-env.ts';
import type { Resolution } from '../../analytics/facts.ts';
import { topAssets } from '../../analytics/read/asset-views.ts';
import { askRoot } from '../../analytics/read/root-counter.ts';
import { findAsset } from '../../catalog/assets.ts';
import { type Config, configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { liveReport } from '../resources/live-numbers.ts';
import { assetParams } from '../resources/schemas.ts';
import { EXPORT_TYPES, exportName, exportText } from './export.ts';
import {
  type Format,
  retentionQuerySchema,
  retentionSchema,
  topQuerySchema,
  topSchema,
  viewsQuerySchema,
  viewsSchema,
} from './schemas.ts';
import { RESOLUTION_MS, resolveSeries } from './views-query.ts';
import { pointReport, retentionReport } from './views-report.ts';

const security = [{ apiToken: [] }];

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
};

const formatOf = (mediaType: string): Format =>
  (Object.keys(MEDIA_TYPES) as Format[]).find((format) => MEDIA_TYPES[format] === mediaType) ?? 'json';

/** Throws AppError `asset_not_found`. */
export async function requireAsset(env: Pick<Bindings, 'CATALOG'>, id: string): Promise<void> {
  if ((await findAsset(env.CATALOG, id)) === null) {
    throw new AppError('asset_not_found');
  }
}

const keptDays = (config: Config): Readonly<Record<Resolution, number>> => ({
  minute: config.VIEW_MINUTES_DAYS,
  hour: config.VIEW_HOURS_DAYS,
  day: config.VIEW_DAYS_DAYS,
});

const iso = (ms: number): string => new Date(ms).toISOString();

export const viewsRoutes = newRouter<Pick<Bindings, 'CATALOG'> & CountersEnv>();

viewsRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/assets/{id}/views',
    operationId: 'getViews',
    summary: 'Get the views of an asset: current totals and a series by minute, hour or day, as JSON, CSV or NDJSON',
    security,
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
      ...problemResponses(
        'invalid_request',
        'unauthorized',
        'asset_not_found',
        'range_too_large',
        'resolution_too_fine',
        'unavailable',
      ),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const { from, to, resolution, by = null, format: asked } = c.req.valid('query');
    const nowMs = Date.now();
    const query = resolveSeries({ fromMs: from, toMs: to, resolution, by }, nowMs);
    await requireAsset(c.env, id);
    const supports = Object.values(MEDIA_TYPES);
    const format = asked ?? formatOf(accepts(c, { header: 'Accept', supports, default: MEDIA_TYPES.json }));
    if (format !== 'json') {
      const points = await askRoot(c.env, id, (root) => root.series(query));
      return c.body(streamText(exportText(points, { resolution, by, format })), 200, {
        'content-type': EXPORT_TYPES[format],
        'content-disposition': `attachment; filename="${exportName(id, resolution, by, format)}"`,
      });
    }
    const [live, points] = await askRoot(c.env, id, (root) => Promise.all([root.live(), root.series(query)]));
    const config = configOf(c.env);
    const keptFromMs = nowMs - keptDays(config)[resolution] * RESOLUTION_MS.day;
    const totals = { assetId: id, ...liveReport(live), viewSeconds: config.VIEW_SECONDS };
    const range = { from: iso(query.fromMs), to: iso(query.toMs), resolution, keptFrom: iso(keptFromMs) };
    return c.json({ ...totals, ...range, series: points.map(pointReport) }, 200);
  },
);

function streamText(pieces: Iterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = pieces[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done === true) {
        controller.close();
      } else {
        controller.enqueue(encoder.encode(value));
      }
    },
  });
}

viewsRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/assets/{id}/retention',
    operationId: 'getRetention',
    summary: 'Get the retention of an asset: how many sessions were given each segment',
    security,
    request: { params: assetParams, query: retentionQuerySchema },
    responses: {
      200: jsonResponse('By default of the version that was watched last', retentionSchema),
      ...problemResponses('invalid_request', 'unauthorized', 'asset_not_found', 'unavailable'),
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
  createRoute({
    method: 'get',
    path: '/views/top',
    operationId: 'listTopAssets',
    summary: 'List the most-watched assets: now, today (UTC) or of all time; at most two minutes old',
    security,
    request: { query: topQuerySchema },
    responses: {
      200: jsonResponse('The assets, most watched first', topSchema),
      ...problemResponses('invalid_request', 'unauthorized'),
    },
  }),
  async (c) => {
    const { window, limit } = c.req.valid('query');
    return c.json({ window, assets: await topAssets(c.env.CATALOG, { window, limit }, Date.now()) }, 200);
  },
);
