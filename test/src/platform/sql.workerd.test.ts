import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';

test('values and parts keep their order, and text that looks like SQL stays a value', async () => {
  const text = `'); DROP TABLE assets; --`;
  const firstOf = (value: string | null, other: string | number) => sql`coalesce(${value}, ${other})`;
  const query = sql`SELECT ${text} AS before, ${firstOf(null, 1)} AS one, ${firstOf(text, 2)} AS two, ${3} AS after`;
  expect(await query.on(env.CATALOG).first()).toEqual({ before: text, one: 1, two: text, after: 3 });
});
