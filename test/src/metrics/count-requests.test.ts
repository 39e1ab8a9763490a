import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { countRequests } from '../../../src/metrics/count-requests.ts';
import { meter, noteKind, type Totals } from '../../../src/metrics/meter.ts';

/** What one answer with these headers is counted as. */
async function countedAs(headers: Record<string, string>, init: RequestInit = {}, status = 200): Promise<Totals> {
  const app = new Hono();
  app.use(countRequests('other'));
  app.get('/*', (c) => {
    noteKind(c.req.raw, 'segment');
    return new Response(status === 304 ? null : 'body', { status, headers });
  });
  meter.subtract(meter.snapshot());
  await app.request('https://sluice.example/s/secret/v360/1/1.m4s', init);
  return meter.snapshot();
}

const segment = (tier: string, status = 200) => `sluice_requests_total delivery segment ${status} ${tier}`;
const BYTES = 'sluice_response_bytes_total segment';

test.each([
  ['tier;desc=memory', 'memory'],
  ['tier;desc=edge', 'edge'],
  ['total;dur=5, tier;desc=shield;dur=3', 'shield'],
  ['tier;desc=r2', 'r2'],
  ['tier;desc=none', 'none'],
  ['tier;desc=eyJhbGciOiJIUzI1NiJ9', 'none'],
  ['tier', 'none'],
  ['frontier;desc=memory', 'none'],
  ['', 'none'],
])('Server-Timing "%s" is tier %s', async (timing, tier) => {
  expect(await countedAs({ 'server-timing': timing })).toEqual({ [segment(tier)]: 1 });
});

test.each<[string, RequestInit, number, number | undefined]>([
  ['1000', {}, 200, 1000],
  ['10', {}, 206, 10],
  ['0', {}, 200, undefined],
  ['1000', { method: 'HEAD' }, 200, undefined],
  ['1000', {}, 304, undefined],
  ['1e400', {}, 200, undefined],
  ['-5', {}, 200, undefined],
  ['many', {}, 200, undefined],
])('Content-Length %s of %j with %i counts as %s bytes', async (length, init, status, bytes) => {
  const counted = await countedAs({ 'content-length': length }, init, status);
  expect(counted[segment('none', status)]).toBe(1);
  expect(counted[BYTES]).toBe(bytes);
});

test('a method that no handler takes is nothing in particular', async () => {
  const counted = await countedAs({}, { method: 'DELETE' });
  expect(counted).toEqual({ 'sluice_requests_total delivery other 404 none': 1 });
});
