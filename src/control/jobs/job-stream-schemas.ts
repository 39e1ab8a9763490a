/** What the stream of a job tells, as schemas for the OpenAPI document. */
import { z } from '@hono/zod-openapi';
import { jobSchema, progressSchema, taskFields } from '../resources/schemas.ts';

export const jobProgressSchema = z
  .object({
    progress: progressSchema,
    frames: z.int(),
    totalFrames: z.int(),
    fps: z.number().nullable(),
    speed: z.number().nullable().openapi({ description: 'Multiple of real time; null while unknown' }),
    etaSeconds: z.int().nullable(),
    tasks: z
      .array(
        z.object({
          id: z.string(),
          ...taskFields,
          attempt: z.int(),
          encoder: z.string().nullable(),
          frames: z.int().nullable(),
          totalFrames: z.int().nullable(),
        }),
      )
      .openapi({ description: 'Tasks that have changed since the last event; the first event has all' }),
  })
  .openapi('JobProgress');

const idSchema = z.string().openapi({ description: 'For `Last-Event-ID`' });

export const jobStreamSchema = z
  .discriminatedUnion('event', [
    z.object({ event: z.literal('state'), id: idSchema, data: jobSchema }),
    z.object({ event: z.literal('progress'), id: idSchema, data: jobProgressSchema }),
  ])
  .openapi('JobStreamEvent', { description: 'The fields of one server-sent event; `data` is JSON' });
