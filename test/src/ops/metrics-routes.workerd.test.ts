/** `/metrics` by the Worker's public door: what real requests are counted as, who may read it, and that no token leaks. */
import { runInDurableObject, SELF } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { signLink } from '../../../src/access/link-signing.ts';
import { configOf } from '../../../src/config.ts';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { catalogGauges } from '../../../src/ops/gauges.ts';
import { encoderCall } from '../control/encoding/encoder-client.ts';
import { putAsset, SEGMENT_BYTES } from '../delivery/fixture.ts';
import { call, createAsset, ORIGIN, problemOf } from '../http/client.ts';
import { parseExposition } from '../metrics/exposition-parser.ts';

const ASSET = 'counted';
let link = '';
let session = '';

/** Series → value, of the answer parsed strictly; checks what every answer must be. */
async function scrape(): Promise<Map<string, number>> {
  const { status, headers, body } = await call('GET', '/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  const metrics = parseExposition(String(body));
  return new Map(
    [...metrics].flatMap(([name, { samples }]) =>
      [...samples].map(([labels, value]): [string, number] => [`${name} ${labels}`.trim(), value]),
    ),
  );
}

/** What `use` added to each series. */
async function gained(use: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await scrape();
  await use();
  const after = await scrape();
  const gains = [...after].map(([series, value]): [string, number] => [series, value - (before.get(series) ?? 0)]);
  return Object.fromEntries(gains.filter(([, gain]) => gain !== 0));
}

async function fetchPath(path: string, init: RequestInit = {}): Promise<string> {
  const response = await SELF.fetch(`${ORIGIN}${path}`, init);
  return new TextDecoder().decode(await response.arrayBuffer());
}

const sign = (expiresInSeconds = 600, assetId = ASSET) =>
  signLink(configOf(env), { assetId, expiresInSeconds, now: new Date() });

beforeAll(async () => {
  await putAsset(env as unknown as DeliveryEnv, ASSET);
  link = await sign();
  session = /^(\/s\/[^/]+\/)/m.exec(await fetchPath(`/v/${link}/main.m3u8`))?.[1] ?? 'none';
});

afterEach(() => {
  vi.restoreAllMocks();
});

const requests = (kind: string, status: number, tier = 'none', plane = 'delivery') =>
  `sluice_requests_total kind=${kind} plane=${plane} status=${status} tier=${tier}`;

describe('requests', () => {
  test('are counted by kind, status, tier and bytes', async () => {
    const gains = await gained(async () => {
      await fetchPath(`/v/${link}/main.m3u8`);
      await fetchPath(`/v/${link}/manifest.mpd`);
      await fetchPath(`${session}v360.m3u8`);
      await fetchPath(`${session}v360/iframes.m3u8`);
      await fetchPath(`${session}v360/init.mp4`);
      await fetchPath(`${session}v360/init.mp4`, { method: 'HEAD' });
      await fetchPath(`${session}v360/1/1.m4s`);
      await fetchPath(`${session}v360/1/2.m4s`, { headers: { range: 'bytes=0-9' } });
      await fetchPath(`${session}v360/1/1.m4s`, { method: 'OPTIONS' });
    });
    expect(gains).toMatchObject({
      [requests('multivariant', 200, 'memory')]: 1,
      [requests('mpd', 200, 'memory')]: 1,
      [requests('media-playlist', 200, 'memory')]: 1,
      [requests('iframe-playlist', 200, 'memory')]: 1,
      [requests('other', 204)]: 1,
      'sluice_response_bytes_total kind=init': 12,
      'sluice_response_bytes_total kind=segment': SEGMENT_BYTES + 10,
      'sluice_token_verifications_total kind=link result=valid': 2,
    });
    const ofObjects = Object.entries(gains).filter(([series]) => /kind=(init|segment) plane/.test(series));
    expect(ofObjects.every(([series]) => /tier=(memory|edge|r2)$/.test(series))).toBe(true);
    expect(ofObjects.reduce((sum, [, gain]) => sum + gain, 0)).toBe(4);
    expect(gains['sluice_r2_reads_total kind=media']).toBeGreaterThan(0);
  });

  test('of a known session cost no check of a signature', async () => {
    await fetchPath(`${session}v360/1/1.m4s`);
    const gains = await gained(() => fetchPath(`${session}v360/1/1.m4s`));
    expect(gains['sluice_token_cache_hits_total']).toBe(1);
    expect(gains).not.toHaveProperty(['sluice_token_verifications_total kind=session result=valid']);
  });

  test('of the control plane are counted, those of encoders apart', async () => {
    const gains = await gained(async () => {
      await call('GET', '/v1/jobs');
      await encoderCall('/v1/encoders/lease', {});
      await fetchPath('/v1/jobs');
      await fetchPath('/healthz');
    });
    expect(gains).toEqual({
      [requests('api', 200, 'none', 'control')]: 1,
      [requests('api', 401, 'none', 'control')]: 1,
      [requests('encoder', 400, 'none', 'control')]: 1,
      'sluice_refusals_total code=invalid_request': 1,
      'sluice_refusals_total code=unauthorized': 1,
      // Problem documents say how long they are.
      'sluice_response_bytes_total kind=api': expect.any(Number),
      'sluice_response_bytes_total kind=encoder': expect.any(Number),
    });
  });
});

test('refusals are counted by code', async () => {
  const expired = await sign(-1);
  const gains = await gained(async () => {
    await fetchPath(`/v/${expired}/main.m3u8`);
    await fetchPath(`/v/${link.slice(0, link.lastIndexOf('.'))}.AAAA/main.m3u8`);
    await fetchPath('/v/a.b/manifest.mpd');
    await fetchPath('/s/a.b.c/v360/1/1.m4s');
    await fetchPath(`${session}v360/1/9.m4s`);
    await fetchPath(`${session}nonsense`);
    await fetchPath('/nowhere');
  });
  expect(gains).toMatchObject({
    'sluice_refusals_total code=link_expired': 1,
    'sluice_refusals_total code=link_signature': 1,
    'sluice_refusals_total code=link_malformed': 1,
    'sluice_refusals_total code=session_signature': 1,
    'sluice_refusals_total code=not_found': 3,
    [requests('multivariant', 403)]: 2,
    [requests('mpd', 400)]: 1,
    [requests('segment', 404)]: 1,
    [requests('other', 403)]: 1,
    [requests('other', 404)]: 1,
    'sluice_token_verifications_total kind=link result=invalid': 1,
    'sluice_token_verifications_total kind=session result=invalid': 1,
  });
});

test('the board is shown: what waits, what is leased, by how many', async () => {
  const board = env.TASK_BOARD.get(env.TASK_BOARD.idFromName('main'));
  const input = { kind: 'inspect', source: { key: 'sources/f/f.mp4', sizeBytes: 1 } } as const;
  await board.submit(
    'job',
    50,
    ['job-a', 'job-b', 'job-c'].map((id) => ({ id, input, weight: 1 })),
  );
  await board.awaitLease({ id: 'enc-1', version: '0.1.0', cores: 2, memoryBytes: 1 });
  await board.awaitLease({ id: 'enc-1', version: '0.1.0', cores: 2, memoryBytes: 1 });
  const series = await scrape();
  expect(series.get('sluice_tasks state=waiting')).toBe(1);
  expect(series.get('sluice_tasks state=leased')).toBe(2);
  expect(series.get('sluice_encoders_leasing')).toBe(1);
  const waiting = series.get('sluice_oldest_waiting_task_seconds') ?? Number.NaN;
  expect(waiting).toBeGreaterThanOrEqual(0);
  expect(waiting).toBeLessThan(60);
  await runInDurableObject(board, (_, { storage }) => {
    storage.sql.exec(`UPDATE jobs SET created_at = created_at - 3600000 WHERE id = 'job'`);
  });
  expect((await scrape()).get('sluice_oldest_waiting_task_seconds')).toBeGreaterThan(3_600);
  await board.closeJob('job');
  expect((await scrape()).get('sluice_oldest_waiting_task_seconds')).toBe(0);
  expect((await scrape()).get('sluice_tasks state=waiting')).toBe(0);
});

test('the catalog is shown: jobs, webhooks and deliveries, by state', async () => {
  const before = await scrape();
  const gained = async (name: string, state: string) => {
    const key = `${name} state=${state}`;
    return ((await scrape()).get(key) ?? Number.NaN) - (before.get(key) ?? Number.NaN);
  };
  const hook = { json: { url: 'https://hooks.example/' } };
  const hooks = [await call('POST', '/v1/webhooks', hook), await call('POST', '/v1/webhooks', hook)];
  const [first, second] = hooks.map(({ body }) => (body as { id: string }).id);
  await call('PATCH', `/v1/webhooks/${second}`, { json: { disabled: true } });
  expect([await gained('sluice_webhooks', 'enabled'), await gained('sluice_webhooks', 'disabled')]).toEqual([1, 1]);

  const { job } = await createAsset('gauged');
  expect(await gained('sluice_jobs', 'queued')).toBe(1);
  await call('POST', `/v1/jobs/${job.id}/cancel`);
  expect([await gained('sluice_jobs', 'queued'), await gained('sluice_jobs', 'cancelled')]).toEqual([0, 1]);
  await env.CATALOG.prepare('UPDATE jobs SET created_at = 1 WHERE id = ?1').bind(job.id).run();
  expect(await gained('sluice_jobs', 'cancelled')).toBe(0);

  const of = `WHERE webhook_id = '${first}'`;
  await env.CATALOG.prepare(`UPDATE deliveries SET state = 'pending' ${of}`).run();
  const pending = await gained('sluice_webhook_deliveries', 'pending');
  expect(pending).toBeGreaterThan(0);
  await env.CATALOG.prepare(`UPDATE deliveries SET state = 'dead' ${of}`).run();
  expect(await gained('sluice_webhook_deliveries', 'dead')).toBe(pending);
  await Promise.all([first, second].map((id) => call('DELETE', `/v1/webhooks/${id}`)));
  expect(await gained('sluice_webhook_deliveries', 'dead')).toBe(0);
});

test('counting the catalog reads indexes, and no more than it shows', async () => {
  const plans: string[] = [];
  const db = {
    prepare: (query: string) => ({ bind: (...values: unknown[]) => ({ query, values }) }),
    batch: async (statements: { query: string; values: unknown[] }[]) => {
      for (const { query, values } of statements) {
        const statement = env.CATALOG.prepare(`EXPLAIN QUERY PLAN ${query}`);
        const { results } = await statement.bind(...values).all<{ detail: string }>();
        plans.push(...results.map(({ detail }) => detail));
      }
      return [];
    },
  };
  await catalogGauges(db as never, Date.now());
  const tables = plans.filter((plan) => /\b(jobs|deliveries)\b/.test(plan));
  expect(tables.length).toBeGreaterThan(3);
  expect(tables.filter((plan) => !/USING (COVERING )?INDEX/.test(plan))).toEqual([]);
});

describe('nobody reads metrics', () => {
  test.each([null, 'x'.repeat(32), env.ENCODER_TOKEN])('with the token %s', async (token) => {
    const answer = await call('GET', '/metrics', { token });
    expect(problemOf(answer)).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });
});

test('tokens are in no log line and in no metric', async () => {
  const logged: string[] = [];
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void logged.push(parts.map(String).join(' ')));
  }
  const expired = await sign(-1);
  const forged = `${link.slice(0, -6)}AAAAAA`;
  const sessionToken = session.split('/')[2] ?? '';
  const forgedSession = `${sessionToken.slice(0, -6)}AAAAAA`;
  for (const token of [link, expired, forged, `${link}.more`, `%2e%2e${link}`]) {
    for (const file of ['main.m3u8', 'manifest.mpd', 'else']) {
      await fetchPath(`/v/${token}/${file}`);
    }
  }
  for (const token of [sessionToken, forgedSession, `${sessionToken}x`]) {
    for (const file of ['v360.m3u8', 'v360/1/1.m4s', 'v999/1/1.m4s', `${sessionToken}.m3u8`, '']) {
      await fetchPath(`/s/${token}/${file}`);
      await fetchPath(`/s/${token}/${file}`, { method: 'POST', body: sessionToken });
    }
  }
  // A fault of ours, which is logged in full.
  await env.MEDIA.put('assets/broken/current.json', 'no JSON');
  const faulty = await sign(600, 'broken');
  await fetchPath(`/v/${faulty}/main.m3u8`);
  await call('GET', '/v1/jobs', { token: sessionToken });
  const metrics = String((await call('GET', '/metrics')).body);
  expect(logged.join('\n')).toContain('"event":"error"');
  const everything = `${metrics}\n${logged.join('\n')}`;
  for (const token of [link, expired, forged, faulty, sessionToken, forgedSession, env.API_TOKEN, env.ENCODER_TOKEN]) {
    // Also not a part of one: header, payload or signature.
    for (const part of token.split('.')) {
      expect(everything).not.toContain(part);
    }
  }
  expect(everything).not.toContain(ASSET);
});
