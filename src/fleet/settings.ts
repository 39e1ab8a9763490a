/** Variables of the Worker that runs encoders in Cloudflare Containers, as wrangler.encoders.toml declares them. */
import { z } from 'zod';

/** More calls than these per check would come near the platform's limit of 1,000 per invocation. */
const MAX_CONTAINERS = 200;

const settingsSchema = z.object({
  SLUICE_URL: z.url({ protocol: /^https$/ }),
  ENCODER_TOKEN: z.string().min(32).max(4096),
  MAX_ENCODERS: z.coerce.number().int().min(0).max(MAX_CONTAINERS),
  ENCODER_SLOTS: z.coerce.number().int().min(1).max(64),
});
type ContainerSettings = z.infer<typeof settingsSchema>;

/** Throws an Error that names every variable at fault, never a value. */
export function settingsOf(env: object): ContainerSettings {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the encoders' Worker is not configured: ${problems.join('; ')}`);
  }
  return parsed.data;
}

/** What an encoder is started with (encoder/config.ts). */
export const encoderVariables = (settings: ContainerSettings, name: string): Record<string, string> => ({
  SLUICE_URL: settings.SLUICE_URL,
  ENCODER_TOKEN: settings.ENCODER_TOKEN,
  ENCODER_SLOTS: String(settings.ENCODER_SLOTS),
  ENCODER_ID: name,
  // The platform kills a container 15 minutes after SIGTERM.
  DRAIN_SECONDS: '880',
});
