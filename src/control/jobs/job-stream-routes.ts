/** `/v1/jobs/{id}/events`: follows a job live, as server-sent events. */

import { z } from '@hono/zod-openapi';
import { findJob } from '../../catalog/assets.ts';
import { isActive } from '../../catalog/rows.ts';
import { EVENT_STREAM_TYPE, eventStreamResponse, StreamPlaces } from '../../http/event-stream.ts';
import { apiRoute, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { type BoardEnv, taskBoard } from '../encoding/board/board-stub.ts';
import { jobParams } from '../resources/schemas.ts';
import { type JobSource, jobEvents, jobStreamSchema, parseEventId } from './job-stream.ts';
import { findJobOrThrow, jobSummary } from './jobs.ts';

/** Per isolate: a hundred streams ask the board a hundred times a second, a tenth of what it can answer. */
const MAX_STREAMS = 100;

const places = new StreamPlaces(MAX_STREAMS);

const sourceOf = (env: Pick<Bindings, 'CATALOG'> & BoardEnv, id: string): JobSource => ({
  readJob: () => findJob(env.CATALOG, id),
  readSummary: () => jobSummary(env, id),
  readFrames: async () => await taskBoard(env).taskFrames(id),
  now: () => Date.now(),
  wait: (ms) => scheduler.wait(ms),
});

const lastEventSchema = z.object({
  'last-event-id': z
    .string()
    .optional()
    .openapi({ description: '`id` of the last event received; progress then never goes back' }),
});

export const jobStreamRoutes = newRouter<Pick<Bindings, 'CATALOG'> & BoardEnv>();

jobStreamRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/jobs/{id}/events',
    operationId: 'streamJob',
    summary: 'Follow a job: server-sent events `state` and `progress` until it ends, at most 5 minutes at a time',
    request: { params: jobParams, headers: lastEventSchema },
    responses: {
      200: eventStreamResponse(jobStreamSchema),
      204: { description: 'The job has ended and the client has its last event' },
      ...problemResponses('job_not_found', 'streams_full'),
    },
  }),
  async (c) => {
    const job = await findJobOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const seen = parseEventId(c.req.valid('header')['last-event-id']);
    if (!isActive(job) && seen?.status === job.status) {
      return c.body(null, 204);
    }
    const events = jobEvents(sourceOf(c.env, job.id), seen);
    const headers = { 'content-type': EVENT_STREAM_TYPE };
    if (c.req.method === 'HEAD') {
      // Its body is never read: a stream would hold its place until its time is up.
      return c.body(null, 200, headers);
    }
    return c.body(places.open(events, Date.now()), 200, headers);
  },
);
