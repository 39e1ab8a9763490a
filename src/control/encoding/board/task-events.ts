/** What the TaskBoard tells a job's workflow: the end of one task, as an event named after it. */
import { z } from 'zod';
import { attemptSchema } from '../../../media/ids.ts';
import { taskErrorSchema } from '../../../protocol/tasks.ts';

export const taskEndSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('done'), attempt: attemptSchema, result: z.unknown() }),
  z.object({ state: z.literal('failed'), error: taskErrorSchema }),
  z.object({ state: z.literal('cancelled') }),
]);
export type TaskEnd = z.infer<typeof taskEndSchema>;

/** Event types allow letters, digits, `-` and `_`, at most 100: task ids are made so. */
export const taskEventType = (taskId: string): string => `task-${taskId}`;
