/** The encoder's environment, parsed once; every problem is named, nothing that grants access has a default. */

import { hostname, tmpdir } from 'node:os';
import { z } from 'zod';
import { randomId } from '../src/platform/random-id.ts';
import { HARDWARE_ENCODERS } from './media/video-encoder.ts';

export const ENCODER_VERSION = '0.1.0';

const configSchema = z.object({
  /** Base URL of the Worker. */
  SLUICE_URL: z.url({ protocol: /^https?$/ }),
  ENCODER_TOKEN: z.string().min(32),
  ENCODER_ID: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
    .default(
      () =>
        `${
          hostname()
            .replace(/[^A-Za-z0-9._-]/g, '-')
            .slice(0, 40) || 'encoder'
        }-${randomId(6)}`,
    ),
  /** Chunks at a time, whatever else the machine does. Left out: what its cores, memory and load allow. */
  ENCODER_SLOTS: z.coerce.number().int().min(1).max(64).optional(),
  /** `auto`: the first kind of hardware that passes its probe. What does not pass is not used: x264 is. */
  ENCODER_VIDEO: z.enum(['x264', 'auto', ...HARDWARE_ENCODERS]).default('x264'),
  /**
   * From SIGTERM to the end. Must be less than the platform waits before SIGKILL: Docker 10 s unless told otherwise,
   * Kubernetes 30 s, Cloudflare Containers 15 min. 0: hand everything back at once.
   */
  DRAIN_SECONDS: z.coerce.number().min(0).max(3600).default(30),
  /** Where sources and segments in the making are kept. */
  WORK_DIR: z.string().min(1).default(tmpdir()),
  /** Touched while the encoder calls the Worker: for a container's health check. */
  HEALTH_FILE: z.string().min(1).optional(),
  /** Most that sources and segments take of WORK_DIR. For a quota that the file system does not show; left out: the disk. */
  WORK_BYTES: z.coerce.number().int().min(1).optional(),
  /** Larger sources are refused before the first byte is read. Left out: what the disk can hold. */
  MAX_SOURCE_BYTES: z.coerce.number().int().min(1).optional(),
  /** A task that takes longer is ended. */
  TASK_SECONDS: z.coerce.number().int().min(1).default(3600),
});

export type EncoderConfig = Readonly<z.infer<typeof configSchema>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Keys of the bucket, which encoders had in earlier versions: best taken away from where they are set. */
const UNUSED = ['S3_URL', 'S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

export const unusedVariables = (env: Environment): string[] => UNUSED.filter((name) => env[name]);

const notConfigured = (problems: readonly string[]): Error =>
  new Error(`The encoder is not configured:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);

export function parseEncoderConfig(env: Environment): EncoderConfig {
  const parsed = configSchema.safeParse(env);
  if (!parsed.success) {
    throw notConfigured(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  }
  return Object.freeze(parsed.data);
}
