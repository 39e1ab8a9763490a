/** What encoders call, with their own token: lease a task, report on it. */
import { createRoute, z } from '@hono/zod-openapi';
import { taskIdSchema } from '../contract/ids.ts';
import {
  completeRequestSchema,
  failRequestSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  leaseRequestSchema,
  leaseSchema,
} from '../contract/tasks.ts';
import { type Env, taskBoard } from '../env.ts';
import { AppError } from '../errors.ts';
import { requireBearer } from '../http/bearer.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../http/router.ts';
import type { ReportOutcome } from './report-desk.ts';

const security = [{ encoderToken: [] }];
const taskParams = z.object({ id: taskIdSchema });
const reported = { 204: { description: 'Taken, now or at an earlier call' } };
const reportProblems = problemResponses('invalid_request', 'unauthorized', 'task_not_found', 'lease_lost');

const leaseRoute = createRoute({
  method: 'post',
  path: '/encoders/lease',
  operationId: 'leaseTask',
  summary: 'Lease the next task',
  security,
  request: { body: jsonBody(leaseRequestSchema) },
  responses: {
    200: jsonResponse('A task and the lease on it', leaseSchema),
    204: {
      description: 'Nothing waits; `Retry-After` says when to ask again',
      headers: z.object({ 'retry-after': z.string() }),
    },
    ...problemResponses('invalid_request', 'unauthorized'),
  },
});

const heartbeatRoute = createRoute({
  method: 'post',
  path: '/tasks/{id}/heartbeat',
  operationId: 'heartbeatTask',
  summary: 'Prolong a lease and report progress',
  security,
  request: { params: taskParams, body: jsonBody(heartbeatRequestSchema) },
  responses: { 200: jsonResponse('Whether to stop', heartbeatResponseSchema), ...reportProblems },
});

const completeRoute = createRoute({
  method: 'post',
  path: '/tasks/{id}/complete',
  operationId: 'completeTask',
  summary: 'Report the result of a task',
  security,
  request: { params: taskParams, body: jsonBody(completeRequestSchema) },
  responses: { ...reported, ...reportProblems },
});

const failRoute = createRoute({
  method: 'post',
  path: '/tasks/{id}/fail',
  operationId: 'failTask',
  summary: 'Report that a task failed',
  security,
  request: { params: taskParams, body: jsonBody(failRequestSchema) },
  responses: { ...reported, ...reportProblems },
});

function throwUnlessAccepted(outcome: ReportOutcome): void {
  if (outcome === 'invalid_result') {
    throw new AppError('invalid_request', { detail: 'The result does not fit the kind of task' });
  }
  if (outcome !== 'accepted') {
    throw new AppError(outcome);
  }
}

export const encoderRoutes = newRouter<Env>();

// Not `/encoders/*`, which is `/encoders` too: lists are for operators (fleet-routes.ts).
encoderRoutes.use('/encoders/lease', requireBearer('ENCODER_TOKEN'));
encoderRoutes.use('/tasks/:id/*', requireBearer('ENCODER_TOKEN'));

encoderRoutes.openapi(leaseRoute, async (c) => {
  const { encoder, waitSeconds } = c.req.valid('json');
  const { lease, retryAfterSeconds } = await taskBoard(c.env).awaitLease(encoder, waitSeconds);
  return lease === null
    ? c.body(null, 204, { 'retry-after': String(retryAfterSeconds) })
    : c.json(leaseSchema.parse(lease), 200);
});

encoderRoutes.openapi(heartbeatRoute, async (c) => {
  const { lease, progress } = c.req.valid('json');
  const { outcome, cancel } = await taskBoard(c.env).heartbeat(c.req.valid('param').id, lease, progress);
  throwUnlessAccepted(outcome);
  return c.json({ cancel }, 200);
});

encoderRoutes.openapi(completeRoute, async (c) => {
  const { lease, result } = c.req.valid('json');
  throwUnlessAccepted(await taskBoard(c.env).complete(c.req.valid('param').id, lease, result));
  return c.body(null, 204);
});

encoderRoutes.openapi(failRoute, async (c) => {
  const { lease, error } = c.req.valid('json');
  throwUnlessAccepted(await taskBoard(c.env).fail(c.req.valid('param').id, lease, error));
  return c.body(null, 204);
});
