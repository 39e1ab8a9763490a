/** The texts of the real bindings. The client that breaks off a body is in test/bench/wire.slow.test.ts: it takes a socket. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { bucketErrorOf, isInstanceMissing, raisedReasonOf } from '../../../src/platform/binding-errors.ts';

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable('it has worked'),
    (error: unknown) => error,
  );

describe('D1', () => {
  const insert = env.CATALOG.prepare('INSERT INTO raising VALUES (?1)');

  test('names the reason of a trigger, also in a batch, and none for another error', async () => {
    await env.CATALOG.batch([
      env.CATALOG.prepare('CREATE TABLE raising (id INTEGER PRIMARY KEY) STRICT'),
      env.CATALOG.prepare(
        "CREATE TRIGGER refuses BEFORE INSERT ON raising WHEN NEW.id = 7 BEGIN SELECT RAISE(ABORT, 'seven_taken'); END",
      ),
    ]);
    try {
      expect(raisedReasonOf(await failureOf(insert.bind(7).run()))).toBe('seven_taken');
      expect(raisedReasonOf(await failureOf(env.CATALOG.batch([insert.bind(1), insert.bind(7)])))).toBe('seven_taken');
      await insert.bind(2).run();
      expect(raisedReasonOf(await failureOf(insert.bind(2).run()))).toBeNull();
      expect(raisedReasonOf(await failureOf(env.CATALOG.prepare('INSERT INTO nowhere VALUES (1)').run()))).toBeNull();
    } finally {
      await env.CATALOG.prepare('DROP TABLE raising').run();
    }
  });
});

test('Workflows: there is no such instance', async () => {
  expect(isInstanceMissing(await failureOf(env.ENCODE_WORKFLOW.get('no-such-job')))).toBe(true);
  expect(isInstanceMissing(new Error('internal error'))).toBe(false);
});

test('R2: its codes', async () => {
  const md5 = '0'.repeat(32);
  expect(bucketErrorOf(await failureOf(env.MEDIA.put('binding-errors', 'bytes', { md5 })))).toBe(10037);
  await env.MEDIA.put('binding-errors', 'bytes');
  const range = { offset: 100, length: 1 };
  expect(bucketErrorOf(await failureOf(env.MEDIA.get('binding-errors', { range })))).toBe(10039);
  expect(bucketErrorOf(new Error('internal error'))).toBeNull();
  await env.MEDIA.delete('binding-errors');
});
