/** The fleet for operators: its encoders, and the tasks that were given up. */
import { z } from '@hono/zod-openapi';
import { openPage } from '../../catalog/cursor.ts';
import { apiRoute, jsonResponse, newRouter } from '../../http/router.ts';
import { encoderSchema } from '../../protocol/tasks.ts';
import { type BoardEnv, taskBoard } from '../encoding/board/board-stub.ts';
import { ENCODER_STATES, type EncoderSummary } from '../encoding/board/encoder-registry.ts';
import type { DeadTaskSummary } from '../encoding/board/task-store.ts';
import { pageQuerySchema } from '../resources/schemas.ts';

const seenEncoderSchema = z
  .object({
    ...encoderSchema.shape,
    state: z.enum(ENCODER_STATES).openapi({ description: '`gone`: silent for a minute; forgotten after a day' }),
    tasks: z.int().openapi({ description: 'Leases held now' }),
    firstSeenAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
  })
  .openapi('Encoder');

const deadTaskSchema = z
  .object({
    id: z.string(),
    jobId: z.string(),
    kind: z.string(),
    state: z.literal('dead'),
    attempt: z.int(),
    failures: z.int(),
    encoder: z.string().nullable(),
    error: z
      .object({ code: z.string(), message: z.string(), detail: z.string().optional() })
      .openapi({ description: "Error of the last attempt; `detail` is the end of the program's stderr" }),
    endedAt: z.iso.datetime(),
  })
  .openapi('DeadTask');

const encoderView = ({ encoder, firstSeen, lastSeen, ...now }: EncoderSummary) => ({
  ...encoder,
  ...now,
  firstSeenAt: new Date(firstSeen).toISOString(),
  lastSeenAt: new Date(lastSeen).toISOString(),
});

const deadTaskView = ({ seq, progress, error, endedAt, ...task }: DeadTaskSummary) => ({
  ...task,
  state: 'dead' as const,
  error: error ?? { code: 'internal', message: '' },
  endedAt: new Date(endedAt).toISOString(),
});

const LISTED_MAX = 1_000;

const listEncoders = apiRoute({
  method: 'get',
  path: '/encoders',
  operationId: 'listEncoders',
  summary: `List the encoders seen within a day, last seen first, at most ${LISTED_MAX}`,
  responses: {
    200: jsonResponse('The encoders', z.object({ encoders: z.array(seenEncoderSchema) })),
  },
});

const listDeadTasks = apiRoute({
  method: 'get',
  path: '/tasks',
  operationId: 'listDeadTasks',
  summary: 'List dead tasks, newest first',
  request: {
    query: z.object({
      state: z.literal('dead'),
      ...pageQuerySchema.shape,
    }),
  },
  responses: {
    200: jsonResponse('A page', z.object({ tasks: z.array(deadTaskSchema), nextCursor: z.string().nullable() })),
  },
});

export const fleetRoutes = newRouter<BoardEnv>();

fleetRoutes.openapi(listEncoders, async (c) => {
  const encoders = await taskBoard(c.env).encoders();
  return c.json({ encoders: encoders.slice(0, LISTED_MAX).map(encoderView) }, 200);
});

fleetRoutes.openapi(listDeadTasks, async (c) => {
  const { after, limit, next } = openPage('tasks', {}, c.req.valid('query'));
  const tasks = await taskBoard(c.env).deadTasks(after?.createdAt ?? null, limit);
  // The board numbers them.
  const marks = tasks.map(({ seq }) => ({ created_at: seq, id: 'task' }));
  return c.json({ tasks: tasks.map(deadTaskView), nextCursor: next(marks) }, 200);
});
