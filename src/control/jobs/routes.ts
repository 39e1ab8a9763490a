/** `/v1/jobs`: list, read with tasks, change the priority, cancel, retry. */

import { z } from '@hono/zod-openapi';
import { findAsset, listJobs } from '../../catalog/assets.ts';
import { openPage } from '../../catalog/cursor.ts';
import type { JobRow } from '../../catalog/rows.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { type BoardEnv, taskBoard } from '../encoding/board/board-stub.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { jobDetailView, jobView } from '../resources/present.ts';
import { changeJobSchema, jobDetailSchema, jobParams, jobSchema, warnedPageQuerySchema } from '../resources/schemas.ts';
import { cancelJob, findJobOrThrow, prioritiseJob, retryJob } from './jobs.ts';

const detailOf = async (env: BoardEnv, job: JobRow) => jobDetailView(job, await taskBoard(env).jobSummary(job.id));
const progressOf = async (env: BoardEnv, { id, status }: JobRow) =>
  status === 'running' ? (await taskBoard(env).jobSummary(id)).progress : 0;

export const jobRoutes = newRouter<SettleEnv>();

jobRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/jobs',
    operationId: 'listJobs',
    summary: 'List jobs, newest first',
    request: { query: warnedPageQuerySchema },
    responses: {
      200: jsonResponse('A page', z.object({ jobs: z.array(jobSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const { cursor, limit, warnings } = c.req.valid('query');
    const { next, ...page } = openPage('jobs', { warnings }, { cursor, limit });
    const rows = await listJobs(c.env.CATALOG, { ...page, warnings });
    const jobs = await Promise.all(rows.map(async (job) => jobView(job, await progressOf(c.env, job))));
    return c.json({ jobs, nextCursor: next(rows) }, 200);
  },
);

jobRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/jobs/{id}',
    operationId: 'getJob',
    summary: 'Read a job and its tasks',
    request: { params: jobParams },
    responses: { 200: jsonResponse('The job', jobDetailSchema), ...problemResponses('job_not_found') },
  }),
  async (c) => c.json(await detailOf(c.env, await findJobOrThrow(c.env.CATALOG, c.req.valid('param').id)), 200),
);

jobRoutes.openapi(
  apiRoute({
    method: 'patch',
    path: '/jobs/{id}',
    operationId: 'updateJob',
    summary: "Change the priority of a job's waiting tasks",
    request: { params: jobParams, body: jsonBody(changeJobSchema) },
    responses: {
      200: jsonResponse('The job', jobDetailSchema),
      ...problemResponses('job_not_found', 'job_not_active'),
    },
  }),
  async (c) => {
    const job = await findJobOrThrow(c.env.CATALOG, c.req.valid('param').id);
    return c.json(await detailOf(c.env, await prioritiseJob(c.env, job, c.req.valid('json').priority)), 200);
  },
);

jobRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/jobs/{id}/cancel',
    operationId: 'cancelJob',
    summary: 'Cancel a job that has not ended',
    request: { params: jobParams },
    responses: {
      200: jsonResponse('The cancelled job', jobDetailSchema),
      ...problemResponses('job_not_found', 'job_not_active'),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    await cancelJob(c.env, await findJobOrThrow(c.env.CATALOG, id));
    return c.json(await detailOf(c.env, await findJobOrThrow(c.env.CATALOG, id)), 200);
  },
);

jobRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/jobs/{id}/retry',
    operationId: 'retryJob',
    summary: 'Retry a failed or cancelled job; finished tasks are kept where possible',
    request: { params: jobParams },
    responses: {
      202: jsonResponse('The new job', jobDetailSchema),
      ...problemResponses('job_not_found', 'job_not_failed', 'job_active', 'source_not_found', 'unavailable'),
    },
  }),
  async (c) => {
    const job = await findJobOrThrow(c.env.CATALOG, c.req.valid('param').id);
    const asset = await findAsset(c.env.CATALOG, job.asset_id);
    if (asset === null || (job.status !== 'failed' && job.status !== 'cancelled')) {
      throw new AppError('job_not_failed');
    }
    const retried = await retryJob(c.env, job, asset);
    return c.json(await detailOf(c.env, await findJobOrThrow(c.env.CATALOG, retried.id)), 202);
  },
);
