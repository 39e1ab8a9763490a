/** When a run starts by itself. wrangler.toml names the same times; a test compares them. */
import { configOf } from '../../config.ts';
import { type GcEnv, garbageCollector } from './gc-stub.ts';

/** At night in Europe, not at a full hour. */
export const GC_CRON = '17 3 * * *';

/** One that is still running goes on. */
export async function startScheduledGc(env: GcEnv): Promise<void> {
  const { GC } = configOf(env);
  if (GC !== 'off') {
    await garbageCollector(env).start({ dryRun: GC === 'dry-run', orphans: false });
  }
}
