/** What encoders call, with their own token: lease a task, report on it. */
import { createRoute, z } from '@hono/zod-openapi';
import { configOf } from '../../../config.ts';
import { AppError } from '../../../errors.ts';
import { requireBearer } from '../../../http/bearer.ts';
import { jsonBody, jsonResponse, newRouter, problemResponses } from '../../../http/router.ts';
import { taskIdSchema } from '../../../media/ids.ts';
import { taskInputSchema } from '../../../protocol/task-kinds.ts';
import {
  completeRequestSchema,
  failRequestSchema,
  GRANT_HEADER,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  type Lease,
  leaseRequestSchema,
  leaseSchema,
} from '../../../protocol/tasks.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';
import type { ReportOutcome } from '../board/report-desk.ts';
import { mintGrant, scopeOf } from './grants.ts';

const security = [{ encoderToken: [] }];
const taskParams = z.object({ id: taskIdSchema });
const reported = { 204: { description: 'Accepted, now or by an earlier call' } };
const reportProblems = problemResponses('task_not_found', 'lease_lost');

const grantHeader = z.object({ [GRANT_HEADER]: z.string().optional() });

const leaseRoute = createRoute({
  method: 'post',
  path: '/encoders/lease',
  operationId: 'leaseTask',
  summary: 'Lease the next task',
  security,
  request: { body: jsonBody(leaseRequestSchema) },
  responses: {
    200: { ...jsonResponse('A task and its lease', leaseSchema), headers: grantHeader },
    204: {
      description: 'No task is waiting; `Retry-After` says when to ask again',
      headers: z.object({ 'retry-after': z.string() }),
    },
  },
});

const heartbeatRoute = createRoute({
  method: 'post',
  path: '/tasks/{id}/heartbeat',
  operationId: 'heartbeatTask',
  summary: 'Renew a lease and report progress',
  security,
  request: { params: taskParams, body: jsonBody(heartbeatRequestSchema) },
  responses: {
    200: { ...jsonResponse('Whether to stop the task', heartbeatResponseSchema), headers: grantHeader },
    ...reportProblems,
  },
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

const grantFor = async (env: BoardEnv, { id, attempt, input }: Lease['task']): Promise<Record<string, string>> => ({
  [GRANT_HEADER]: await mintGrant(configOf(env), id, scopeOf(input, attempt), Date.now()),
});

export const encoderRoutes = newRouter<BoardEnv>();

// Not `/encoders/*`, which is `/encoders` too: lists are for operators (fleet-routes.ts).
encoderRoutes.use('/encoders/lease', requireBearer('ENCODER_TOKEN'));
encoderRoutes.use('/tasks/:id/*', requireBearer('ENCODER_TOKEN'));

encoderRoutes.openapi(leaseRoute, async (c) => {
  const { encoder, waitSeconds } = c.req.valid('json');
  const { lease, retryAfterSeconds } = await taskBoard(c.env).awaitLease(encoder, waitSeconds);
  if (lease === null) {
    return c.body(null, 204, { 'retry-after': String(retryAfterSeconds) });
  }
  const parsed = leaseSchema.parse(lease);
  return c.json(parsed, 200, await grantFor(c.env, parsed.task));
});

encoderRoutes.openapi(heartbeatRoute, async (c) => {
  const { lease, progress } = c.req.valid('json');
  const { id } = c.req.valid('param');
  const { outcome, cancel, held } = await taskBoard(c.env).heartbeat(id, lease, progress);
  throwUnlessAccepted(outcome);
  const task = held && { id, attempt: String(held.attempt), input: taskInputSchema.parse(JSON.parse(held.input)) };
  return c.json({ cancel }, 200, task ? await grantFor(c.env, task) : {});
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
