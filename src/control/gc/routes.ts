/** `/v1/gc-runs`: start garbage collection or a dry run of it, and read what it found and did. */
import { z } from '@hono/zod-openapi';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { isoTime } from '../../http/times.ts';
import { DELETE_REASONS, KEEP_REASONS, WAIT_REASONS } from './decide.ts';
import { type GcEnv, garbageCollector } from './garbage-collector.ts';
import { GC_RUNS_KEPT } from './limits.ts';
import type { DecisionTally } from './run-report.ts';
import type { GcRun } from './run-store.ts';

const tallySchema = z.object({
  reason: z.enum([...KEEP_REASONS, ...WAIT_REASONS, ...DELETE_REASONS]),
  objects: z.int(),
  bytes: z.int(),
  /** The first few keys. */
  samples: z.array(z.string()),
});

const gcRunSchema = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    dryRun: z.boolean(),
    orphans: z.boolean(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    /** Objects looked at so far. */
    listed: z.int(),
    /** Needed, or not understood. */
    kept: z.array(tallySchema),
    /** Garbage that may not be deleted yet. */
    waiting: z.array(tallySchema),
    /** In a dry run, what would have been deleted. */
    deleted: z.array(tallySchema),
    error: z.string().nullable(),
  })
  .openapi('GcRun');

const newGcRunSchema = z
  .strictObject({
    /** Deletes nothing and marks nothing. */
    dryRun: z.boolean(),
    /** Also sources older than 7 days that no asset uses, and assets that the catalog does not know. */
    orphans: z.boolean().default(false),
  })
  .openapi('NewGcRun');

const gcRunParams = z.object({ id: z.string().regex(/^[a-z0-9]{1,32}$/) });

function viewOf({ id, state, dryRun, orphans, startedAtMs, endedAtMs, report, error }: GcRun) {
  const tallies = (wanted: DecisionTally['action']) =>
    report.tallies
      .filter(({ action }) => action === wanted)
      .map(({ action: _, ...tally }) => tally)
      .sort((a, b) => (a.reason < b.reason ? -1 : 1));
  return {
    id,
    state,
    dryRun,
    orphans,
    startedAt: isoTime(startedAtMs),
    endedAt: state === 'running' || endedAtMs === null ? null : isoTime(endedAtMs),
    listed: report.listed,
    kept: tallies('keep'),
    waiting: tallies('wait'),
    deleted: tallies('delete'),
    // A run that is not over may have failed and be tried again.
    error: state === 'failed' ? error : null,
  };
}

export const gcRoutes = newRouter<GcEnv>();

gcRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/gc-runs',
    operationId: 'startGcRun',
    summary: 'Start garbage collection or a dry run of it',
    request: { body: jsonBody(newGcRunSchema) },
    responses: {
      202: {
        ...jsonResponse('The run; it is durable and started', gcRunSchema),
        headers: z.object({ location: z.string() }),
      },
      ...problemResponses('gc_run_active'),
    },
  }),
  async (c) => {
    const { run, started } = await garbageCollector(c.env).start(c.req.valid('json'));
    if (!started) {
      throw new AppError('gc_run_active', { extra: { id: run.id } });
    }
    return c.json(viewOf(run), 202, { location: `/v1/gc-runs/${run.id}` });
  },
);

gcRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/gc-runs',
    operationId: 'listGcRuns',
    summary: 'List runs of garbage collection, newest first',
    request: { query: z.object({ limit: z.coerce.number().int().min(1).max(GC_RUNS_KEPT).default(20) }) },
    responses: { 200: jsonResponse('The runs', z.object({ runs: z.array(gcRunSchema) })) },
  }),
  async (c) => {
    const runs = await garbageCollector(c.env).list(c.req.valid('query').limit);
    return c.json({ runs: runs.map(viewOf) }, 200);
  },
);

gcRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/gc-runs/{id}',
    operationId: 'getGcRun',
    summary: 'Read a run: what it kept and deleted, and why',
    request: { params: gcRunParams },
    responses: { 200: jsonResponse('The run', gcRunSchema), ...problemResponses('gc_run_not_found') },
  }),
  async (c) => {
    const run = await garbageCollector(c.env).read(c.req.valid('param').id);
    if (run === null) {
      throw new AppError('gc_run_not_found');
    }
    return c.json(viewOf(run), 200);
  },
);
