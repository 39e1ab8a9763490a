/** The encoder's environment, parsed once; every problem is named, nothing that grants access has a default. */
import { availableParallelism, hostname, tmpdir, totalmem } from 'node:os';
import { z } from 'zod';
import { randomId } from '../src/contract/ids.ts';

export const ENCODER_VERSION = '0.1.0';

/** One chunk task keeps about two cores busy (decode, scale and several x264 at once); see bench/encode. */
const CORES_PER_SLOT = 2;

const configSchema = z.object({
  /** Base URL of the Worker. */
  SLUICE_URL: z.url({ protocol: /^https?$/ }),
  ENCODER_TOKEN: z.string().min(32),
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }),
  S3_BUCKET: z.string().min(1),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
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
  /** Tasks at a time. */
  ENCODER_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(() => Math.max(1, Math.floor(availableParallelism() / CORES_PER_SLOT))),
  /** Where sources and segments in the making are kept. */
  WORK_DIR: z.string().min(1).default(tmpdir()),
  /** Larger sources are refused before the first byte is read. */
  MAX_SOURCE_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(100 * 1024 ** 3),
  /** A task that takes longer is ended. */
  TASK_SECONDS: z.coerce.number().int().min(1).default(3600),
});

export type EncoderConfig = Readonly<z.infer<typeof configSchema>> & { cores: number; memoryBytes: number };

export function parseEncoderConfig(env: Readonly<Record<string, string | undefined>>): EncoderConfig {
  const parsed = configSchema.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new Error(`The encoder is not configured:\n${problems.join('\n')}`);
  }
  return Object.freeze({ ...parsed.data, cores: availableParallelism(), memoryBytes: totalmem() });
}
