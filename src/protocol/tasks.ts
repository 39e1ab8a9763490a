/** What TaskBoard and encoders exchange beside the tasks (task-kinds.ts). Both sides parse with these schemas. */

import { z } from 'zod';
import { attemptSchema, taskIdSchema } from '../media/ids.ts';
import { cleanLine, cleanText } from '../platform/text.ts';
import { taskInputSchema } from './task-kinds.ts';

/** Why a task failed. `final`: trying again cannot help. */
export const TASK_ERRORS = {
  source_missing: { final: true, title: 'The source object does not exist' },
  source_empty: { final: true, title: 'The source has no bytes' },
  source_too_large: { final: true, title: 'The source is larger than an encoder takes' },
  source_not_media: { final: true, title: 'The source is not a media file of a supported format' },
  source_no_video: { final: true, title: 'The source has no video stream' },
  source_no_sound: { final: true, title: 'The source has no sound' },
  source_encrypted: { final: true, title: 'The source is encrypted' },
  source_audio_unsupported: { final: true, title: 'None of the sound of the source can be decoded' },
  source_truncated: { final: true, title: 'The source ends before its own index says it does' },
  source_unsupported: { final: true, title: 'The source has properties that cannot be encoded' },
  decode_failed: { final: true, title: 'The source could not be decoded' },
  encode_failed: { final: false, title: 'The encoder program failed' },
  package_failed: { final: false, title: 'The packager failed' },
  output_mismatch: { final: false, title: 'The output is not what the plan asked for' },
  init_mismatch: { final: true, title: 'Chunks of one track have different init segments' },
  store_failed: { final: false, title: 'The bucket could not be read or written' },
  /** Not final: another encoder may have more memory. The board's cap on failures ends it. */
  resource_limit: { final: false, title: 'The task needed more memory, CPU time or disk than an encoder gives it' },
  time_limit: { final: false, title: 'The task ran out of time' },
  lease_expired: { final: false, title: 'The encoder stopped reporting' },
  internal: { final: false, title: 'The encoder failed' },
  /** Not the task's fault: does not count as a failure. */
  handed_back: { final: false, title: 'The encoder was stopped' },
} as const satisfies Record<string, { final: boolean; title: string }>;
export type TaskErrorCode = keyof typeof TASK_ERRORS;

export const taskErrorSchema = z.strictObject({
  code: z.enum(Object.keys(TASK_ERRORS) as TaskErrorCode[]),
  /** One sentence for an operator. */
  message: z.string().max(1_000).overwrite(cleanLine),
  /** The tail of the failed program's stderr, which may quote the source. */
  detail: z.string().max(8_000).overwrite(cleanText).optional(),
});
export type TaskError = z.infer<typeof taskErrorSchema>;

/** How long a lease request may wait for work: well below the time-outs of proxies, which are 60 s and more. */
export const MAX_WAIT_SECONDS = 20;

const featureSchema = z.string().regex(/^[a-z0-9_-]{1,32}$/);

/** The encoder that asks for work. Older encoders lack the optional members. */
export const encoderSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  version: z.string().max(32).overwrite(cleanLine),
  cores: z.int().min(1).max(4096),
  memoryBytes: z.int().min(1),
  /** What its tasks and other programs on the machine leave free. */
  freeCores: z.number().min(0).max(4096).optional(),
  freeMemoryBytes: z.int().min(0).optional(),
  /** Share of the machine's CPU that other programs use, 0–1. */
  load: z.number().min(0).max(1).optional(),
  /** Extras, e.g. `h264_nvenc`. */
  features: z.array(featureSchema).max(16).optional(),
});
export type Encoder = z.infer<typeof encoderSchema>;

/** `POST /v1/encoders/lease`: at most one task. `waitSeconds`: how long to wait for work before the answer is 204. */
export const leaseRequestSchema = z.strictObject({
  encoder: encoderSchema,
  waitSeconds: z.number().min(0).max(MAX_WAIT_SECONDS).optional(),
});

export const leaseSchema = z.strictObject({
  task: z.strictObject({ id: taskIdSchema, attempt: attemptSchema, input: taskInputSchema }),
  /** Secret of this lease. Every report carries it. */
  lease: z.string().regex(/^[a-z0-9]{16,64}$/),
  /** The lease ends this long after the last heartbeat. */
  ttlSeconds: z.int().min(1).max(3600),
  heartbeatSeconds: z.number().positive().max(1200),
});
export type Lease = z.infer<typeof leaseSchema>;

/** What a task may read and write, for some minutes. A header, because older encoders refuse unknown members. */
export const GRANT_HEADER = 'sluice-grant';

const leaseToken = { lease: z.string().max(64) };
export const heartbeatRequestSchema = z.strictObject({ ...leaseToken, progress: z.number().min(0).max(1) });
export const heartbeatResponseSchema = z.strictObject({ cancel: z.boolean() });
/** Of the kind of the task, which the board knows. */
const result = z.unknown().refine((value) => value !== undefined, 'is missing');
export const completeRequestSchema = z.strictObject({ ...leaseToken, result });
export const failRequestSchema = z.strictObject({ ...leaseToken, error: taskErrorSchema });

/**
 * Chunks, parts of sound, one inspection, one of the texts. A task takes up to ten of the 10,000 steps of a workflow, the
 * check of each track one (src/control/encoding/workflow/task-runs.ts).
 */
export const MAX_TASKS_PER_JOB = 970;
