/** client/api-types.ts fits the Worker's code. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Call } from '../../client/api.ts';
import { ROOT } from '../../scripts/system.ts';

test('the types are those of the OpenAPI document', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/client.ts', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

test('calls of encoders and players are none of its own', () => {
  // @ts-expect-error: a call of encoders
  const call: Call = 'POST /encoders/lease';
  expect(call).toBeDefined();
});
