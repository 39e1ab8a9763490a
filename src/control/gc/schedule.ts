/** When a collection starts by itself. wrangler.toml names the same times; a test compares them. */
import { configOf } from '../../config.ts';
import { type GcEnv, garbageCollector } from './client.ts';

/** At night in Europe, not at a full hour. */
export const COLLECTION_CRON = '17 3 * * *';

/** One that is still running goes on. */
export async function startScheduledCollection(env: GcEnv): Promise<void> {
  const { COLLECTION } = configOf(env);
  if (COLLECTION !== 'off') {
    await garbageCollector(env).start({ dryRun: COLLECTION === 'dry-run', orphans: false });
  }
}
