/** `/v1/jobs/{id}/events`: follows a job live, as server-sent events. */
import { createRoute, z } from '@hono/zod-openapi';
import { findJob, isActive } from '../catalog/assets.ts';
import { jobParams } from '../catalog/schemas.ts';
import { findJobOrThrow, jobSummary } from '../encoding/jobs.ts';
import { type Env, taskBoard } from '../env.ts';
import { AppError } from '../errors.ts';
import { newRouter, problemResponses } from '../http/router.ts';
import { type JobSource, jobEvents, MAX_STREAM_MS, parseEventId } from './job-stream.ts';

/** Of one isolate: a hundred watchers ask the board a hundred times a second, a tenth of what it can answer. */
const MAX_STREAMS = 100;

/**
 * When the open streams of this isolate end at the latest. A stream takes itself out; one whose client went away may be
 * ended by the runtime without a word, and counts until its time is up.
 */
const openUntil = new Map<symbol, number>();

function takePlace(nowMs: number): symbol {
  for (const [place, until] of openUntil) {
    if (until <= nowMs) {
      openUntil.delete(place);
    }
  }
  if (openUntil.size >= MAX_STREAMS) {
    throw new AppError('streams_full', { headers: { 'retry-after': '10' } });
  }
  const place = Symbol('stream');
  openUntil.set(place, nowMs + MAX_STREAM_MS);
  return place;
}

const sourceOf = (env: Env, id: string): JobSource => ({
  readJob: () => findJob(env.CATALOG, id),
  readSummary: () => jobSummary(env, id),
  readFrames: async () => await taskBoard(env).taskFrames(id),
  now: () => Date.now(),
  wait: (ms) => scheduler.wait(ms),
});

/** A failure in between ends the stream; the client comes back and is told the whole state. */
function streamOf(events: AsyncGenerator<string>, place: symbol): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const next = await events.next().catch((error: unknown) => {
        console.warn(JSON.stringify({ event: 'job_stream_broken', reason: String(error) }));
        return { done: true, value: undefined } as const;
      });
      if (next.done === true) {
        openUntil.delete(place);
        controller.close();
      } else {
        controller.enqueue(encoder.encode(next.value));
      }
    },
    async cancel() {
      openUntil.delete(place);
      await events.return(undefined);
    },
  });
}

export const jobStreamRoutes = newRouter<Env>();

jobStreamRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/jobs/{id}/events',
    summary: 'Follow a job: server-sent events `state` and `progress` until it ends, at most 5 minutes at a time',
    security: [{ apiToken: [] }],
    request: { params: jobParams },
    responses: {
      200: { description: 'The events', content: { 'text/event-stream': { schema: z.string() } } },
      204: { description: 'The job has ended, and the client knows by Last-Event-ID' },
      ...problemResponses('unauthorized', 'job_not_found', 'streams_full'),
    },
  }),
  async (c) => {
    const job = await findJobOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const seen = parseEventId(c.req.header('last-event-id'));
    if (!isActive(job) && seen?.status === job.status) {
      return c.body(null, 204);
    }
    const place = takePlace(Date.now());
    return c.body(streamOf(jobEvents(sourceOf(c.env, job.id), seen), place), 200, {
      'content-type': 'text/event-stream',
    });
  },
);
