import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { insertRow, sql } from '../../../src/platform/sql.ts';

test('values and parts keep their order, and text that looks like SQL stays a value', async () => {
  const text = `'); DROP TABLE assets; --`;
  const firstOf = (value: string | null, other: string | number) => sql`coalesce(${value}, ${other})`;
  const query = sql`SELECT ${text} AS before, ${firstOf(null, 1)} AS one, ${firstOf(text, 2)} AS two, ${3} AS after`;
  expect(await query.on(env.CATALOG).first()).toEqual({ before: text, one: 1, two: text, after: 3 });
});

test('the members of a row become its columns', async () => {
  const row = {
    client_ip: null,
    created_at: 5,
    target: `'); --`,
    token_id: 'a',
    token_name: 'b',
    operation: 'c',
    request_id: 'd',
  };
  await insertRow('audit_log', row).on(env.CATALOG).run();
  expect(await sql`SELECT * FROM audit_log`.on(env.CATALOG).first()).toMatchObject(row);
});
