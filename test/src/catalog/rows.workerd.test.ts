import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { ABORT_REASONS } from '../../../src/catalog/rows.ts';

test('every reason is one of a trigger, and the other way round', () => {
  const queries = env.TEST_MIGRATIONS.flatMap((migration) => migration.queries).join('\n');
  const raised = [...queries.matchAll(/RAISE\s*\(\s*ABORT\s*,\s*'([^']*)'/g)].map(([, reason]) => reason);
  expect(new Set(raised)).toEqual(new Set(ABORT_REASONS));
});
