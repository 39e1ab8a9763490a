/** Calls as they go over the wire, and what becomes of their answers. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Api, ApiError, createClient } from '../../client/api.ts';

let server: Server;
let api: Api;
/** `METHOD path body` of each request. */
let asked: string[];
let headersOf: Record<string, unknown>;
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    asked.push(`${request.method} ${request.url} ${body}`.trim());
    headersOf = request.headers;
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  api = createClient({ server: `http://127.0.0.1:${port}/stats/a-page`, token: 'secret', timeoutMs: 500 });
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const json = (body: unknown) => (response: ServerResponse) => response.end(JSON.stringify(body));
const path = { id: 'film' };

/** The failure of a call that must fail. */
const failure = (call: Promise<unknown>): Promise<ApiError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => (error instanceof ApiError ? error : Promise.reject(error)),
  );

describe('a call', () => {
  beforeEach(() => {
    answer = json({});
  });

  test.each<[string, () => Promise<unknown>]>([
    ['GET /v1/assets', () => api.call('GET /assets')],
    ['GET /v1/assets?limit=2&q=a%20%26b', () => api.call('GET /assets', { query: { limit: 2, q: 'a &b' } })],
    ['GET /v1/assets/a%2F%3Fb', () => api.call('GET /assets/{id}', { path: { id: 'a/?b' } })],
    ['PATCH /v1/assets/film {"title":"ž"}', () => api.call('PATCH /assets/{id}', { path, body: { title: 'ž' } })],
    [
      'POST /v1/webhooks/film/deliveries/e/redeliver',
      () => api.call('POST /webhooks/{id}/deliveries/{eventId}/redeliver', { path: { ...path, eventId: 'e' } }),
    ],
  ])('%s', async (expected, call) => {
    await call();
    expect(asked).toEqual([expected]);
    expect(headersOf).toMatchObject({ authorization: 'Bearer secret' });
    expect(headersOf['content-type']).toBe(expected.includes('{') ? 'application/json' : undefined);
  });

  test('that is not in the document does not compile', () => {
    const wrong = [
      // @ts-expect-error: no such path
      () => api.call('GET /films'),
      // @ts-expect-error: without its parameter
      () => api.call('GET /assets/{id}'),
      // @ts-expect-error: the body's member is misspelt
      () => api.call('PATCH /assets/{id}', { path, body: { titel: '' } }),
      // @ts-expect-error: no such resolution
      () => api.call('GET /assets/{id}/views', { path, query: { resolution: 'week' } }),
      // @ts-expect-error: not a stream
      () => api.follow('GET /assets/{id}', { path }),
      // @ts-expect-error: the answer has no such member
      async () => (await api.call('GET /assets')).films,
    ];
    expect(wrong).toHaveLength(6);
  });
});

describe('an answer', () => {
  test('is what came, or null for one without content', async () => {
    answer = json({ assets: [], nextCursor: null });
    expect(await api.call('GET /assets')).toEqual({ assets: [], nextCursor: null });
    answer = (response) => response.writeHead(204).end();
    expect(await api.call('DELETE /assets/{id}', { path })).toBeNull();
  });

  test('that is not JSON can be had as it is', async () => {
    answer = (response) => response.end('start,views\r\n');
    const response = await api.open('GET /assets/{id}/views', { path, query: { format: 'csv' } });
    expect(await response.text()).toBe('start,views\r\n');
  });

  test('that refuses throws, with the problem', async () => {
    const problem = { type: 'about:blank', title: 'Not found', status: 404, code: 'asset_not_found' };
    answer = (response) => response.writeHead(404).end(JSON.stringify(problem));
    const error = await failure(api.call('GET /assets/{id}', { path }));
    expect(error).toMatchObject({ status: 404, problem: { code: 'asset_not_found', title: 'Not found', detail: '' } });
    expect(error.message).toContain('GET /assets/{id}: 404 {');
  });

  test("that is a proxy's page throws without one", async () => {
    answer = (response) => response.writeHead(502).end('<html>');
    expect(await failure(api.call('GET /assets'))).toMatchObject({ status: 502, problem: null });
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['does not come in time', () => {}],
    ['breaks off', (response) => response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy())],
    ['is not the JSON that it should be', (response) => response.end('<html>')],
  ])('that %s is no answer', async (_, broken) => {
    answer = broken;
    const error = await failure(api.call('GET /assets'));
    expect(error).toMatchObject({ status: 0, problem: null });
    expect(error.message).toContain('GET /assets: no answer: ');
  });

  test("that is not wanted any more ends with the caller's signal", async () => {
    answer = () => {};
    const stop = new AbortController();
    const ended = failure(api.open('GET /assets', { signal: stop.signal }));
    stop.abort(new Error('enough'));
    expect((await ended).message).toContain('enough');
  });
});

test('a stream is read event by event', async () => {
  answer = (response) =>
    response.end('event: views\ndata: {"views":1}\n\n: still here\n\nevent: views\ndata: {"views":2}\n\n');
  const views: number[] = [];
  for await (const { data } of api.follow('GET /assets/{id}/views/events', { path })) {
    views.push(data.views);
  }
  expect([asked, views]).toEqual([['GET /v1/assets/film/views/events'], [1, 2]]);
});
