/** `/metrics` for Prometheus: the counters of all isolates, and gauges of the board and the catalog. */
import { Hono } from 'hono';
import { type BoardEnv, taskBoard } from '../control/encoding/board/board-stub.ts';
import { AppError } from '../errors.ts';
import { requireBearer } from '../http/bearer.ts';
import { neverStored } from '../http/router.ts';
import { EXPOSITION_TYPE, type Gauge, renderExposition } from '../metrics/exposition.ts';
import { collectTotals, type MetricsEnv } from '../metrics/report-totals.ts';
import type { Bindings } from '../platform/bindings.ts';
import { GAUGES, gauge } from './gauge-series.ts';
import { catalogGauges } from './gauges.ts';

export const metricsRoutes = new Hono<{ Bindings: Pick<Bindings, 'CATALOG'> & BoardEnv & MetricsEnv }>();

async function boardGauges(env: BoardEnv): Promise<Gauge[]> {
  const { waiting, leased, dead, encoders, encodersByState, waitingSinceMs } = await taskBoard(env).load();
  const waitedSeconds = waitingSinceMs === null ? 0 : Math.max(0, (Date.now() - waitingSinceMs) / 1000);
  return [
    gauge(GAUGES.tasks, { waiting, leased, dead }),
    gauge(GAUGES.oldestWaitingTask, waitedSeconds),
    gauge(GAUGES.encodersLeasing, encoders),
    gauge(GAUGES.encoders, encodersByState),
  ];
}

// All or nothing: a failed scrape shows in `up`, but gauges that are missing would look like an idle service.
metricsRoutes.get('/metrics', neverStored, requireBearer('API_TOKEN', 'METRICS_TOKEN'), async (c) => {
  const [totals, ofBoard, ofCatalog] = await Promise.all([
    collectTotals(c.env),
    boardGauges(c.env),
    catalogGauges(c.env.CATALOG, Date.now()),
  ]).catch((cause: unknown) => {
    throw new AppError('unavailable', { cause });
  });
  return c.body(renderExposition(totals, [...ofBoard, ...ofCatalog]), 200, { 'content-type': EXPOSITION_TYPE });
});
