/** Makes captured state look as if it were captured just now: events are kept for 30 days, deliveries tried for three. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const COLUMNS = {
  events: ['created_at'],
  deliveries: ['created_at', 'next_attempt_at', 'last_attempt_at'],
  webhooks: ['failing_since'],
} as const;

/** `stateDir` is a state folder that no Worker is running on. */
export function shiftTimes(stateDir: string, byMs: number): void {
  const files = globSync(join(stateDir, 'v3/d1/miniflare-D1DatabaseObject/*.sqlite'));
  const [catalog, ...others] = files.filter((path) => !path.endsWith('metadata.sqlite'));
  if (catalog === undefined || others.length > 0) {
    throw new Error(`${stateDir} should hold one D1 database, not ${files}`);
  }
  const database = new DatabaseSync(catalog);
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const changes = columns.map((column) => `${column} = ${column} + ?1`).join(', ');
    database.prepare(`UPDATE ${table} SET ${changes}`).run(byMs);
  }
  database.close();
}
