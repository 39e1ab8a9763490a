/** The encoder's environment, parsed once. Every problem is named. Secrets have no default. */
import { hostname, tmpdir } from 'node:os';
import { z } from 'zod';
import { randomId } from '../src/platform/random-id.ts';
import { HARDWARE_ENCODERS } from './picture/video-encoder.ts';

export const ENCODER_VERSION = '0.1.0';

function defaultId(): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 40);
  return `${host || 'encoder'}-${randomId(6)}`;
}

/** `npm run docs` writes the descriptions into docs/reference/configuration.md. */
export const encoderConfigSchema = z.object({
  SLUICE_URL: z.url({ protocol: /^https?$/ }).describe('Base URL of the Worker.'),
  ENCODER_TOKEN: z.string().min(32).describe('Bearer token of the encoders, as the Worker has it.'),
  ENCODER_ID: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
    .default(defaultId)
    .meta({ description: 'Name shown beside its tasks.', shownDefault: 'host name and a random end' }),
  ENCODER_SLOTS: z.coerce.number().int().min(1).max(64).optional().meta({
    description: 'Chunks at a time, whatever else the machine does.',
    shownDefault: 'by cores, memory and load',
  }),
  ENCODER_VIDEO: z
    .enum(['x264', 'auto', ...HARDWARE_ENCODERS])
    .default('x264')
    .describe(
      'Video encoder. `auto`: the first kind of hardware that passes its probe. Hardware that does not pass is not used; x264 is.',
    ),
  DRAIN_SECONDS: z.coerce
    .number()
    .min(0)
    .max(3600)
    .default(30)
    .describe(
      'Time from SIGTERM to the end: what will be done by then is finished, the rest is handed back. Set it about 20 s below the time until SIGKILL (Docker 10 s by default, Kubernetes 30 s, Cloudflare Containers 15 min), which it does not prolong. 0 hands everything back at once.',
    ),
  WORK_DIR: z.string().min(1).default(tmpdir()).meta({
    description: 'Folder for sources and segments in the making.',
    shownDefault: "the system's temporary folder",
  }),
  WORK_BYTES: z.coerce.number().int().min(1).optional().meta({
    description:
      "Most that sources and segments may take of `WORK_DIR`. Set it for a quota that the file system does not show, such as Kubernetes' `ephemeral-storage`.",
    shownDefault: 'the disk of `WORK_DIR`',
  }),
  MAX_SOURCE_BYTES: z.coerce.number().int().min(1).optional().meta({
    description: 'Larger sources are refused as `source_too_large` before the first byte is read.',
    shownDefault: '`WORK_BYTES` without the reserve',
  }),
  TASK_SECONDS: z.coerce.number().int().min(1).default(3600).describe('Longest run of one ffmpeg.'),
  HEALTH_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Touched while the encoder calls the Worker, for a container's health check (in the image: `/scratch/health`).",
    ),
});

export type EncoderConfig = Readonly<z.infer<typeof encoderConfigSchema>>;

/** Keys of the bucket, which encoders of earlier versions had. They should be removed where they are set. */
const UNUSED = ['S3_URL', 'S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

export const unusedVariables = (env: NodeJS.ProcessEnv): string[] => UNUSED.filter((name) => env[name]);

export function parseEncoderConfig(env: NodeJS.ProcessEnv): EncoderConfig {
  const parsed = encoderConfigSchema.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new Error(`The encoder is not configured:\n${problems.join('\n')}`);
  }
  return Object.freeze(parsed.data);
}
