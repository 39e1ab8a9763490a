/** The control API's description: a valid document of every route that there is. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { app } from '../../../src/app.ts';
import { TASK_STATES } from '../../../src/control/encoding/board/task-state.ts';
import { documented } from '../../../src/http/openapi.ts';
import { newRouter } from '../../../src/http/router.ts';
import { SOURCE_KEY } from '../../../src/media/keys.ts';
import { call, ORIGIN, problemOf } from './client.ts';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

const operationSchema = z.looseObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(1),
  // A second one that is empty: another credential, which the document has no name for, replaces the token.
  security: z.array(z.record(z.string(), z.array(z.string()))).max(2),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.enum(['path', 'query', 'header']) })).optional(),
  requestBody: z
    .looseObject({
      content: z.union([
        z.looseObject({ 'application/json': z.unknown() }),
        z.looseObject({ 'application/octet-stream': z.unknown() }),
        z.looseObject({ '*/*': z.unknown() }),
      ]),
      required: z.boolean().optional(),
    })
    // Only a body that may be anything is read by the route itself.
    .refine(({ content, required }) => required === true || '*/*' in content)
    .optional(),
  responses: z.record(z.string().regex(/^[2-5]\d\d$/), z.looseObject({ description: z.string().min(1) })),
});
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string() }),
  servers: z.tuple([z.object({ url: z.literal('/v1') })]),
  webhooks: z.record(z.string(), z.unknown()),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(METHODS), operationSchema)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.object({ type: z.literal('http'), scheme: z.literal('bearer') })),
  }),
});

const read = async () => documentSchema.parse((await call('GET', '/v1/openapi.json', { token: null })).body);

const operationsOf = ({ paths }: Awaited<ReturnType<typeof read>>) =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );

test('a task cannot be reported without a result', async () => {
  const { requestBody } = (await read()).paths['/tasks/{id}/complete']?.post ?? {};
  expect(requestBody?.content).toMatchObject({ 'application/json': { schema: { required: ['lease', 'result'] } } });
});

/** Every `$ref` in a document. */
function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, child]) => (key === '$ref' ? [String(child)] : refsOf(child)));
}

describe('the OpenAPI document', () => {
  test('is there for everyone, as JSON', async () => {
    const { status, headers } = await call('GET', '/v1/openapi.json', { token: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('is made once, as everyone may ask for it', async () => {
    const router = newRouter();
    const make = vi.spyOn(router, 'getOpenAPI31Document');
    documented(router);
    const texts = [await router.request('/openapi.json'), await router.request('/openapi.json')].map((r) => r.text());
    expect(new Set(await Promise.all(texts)).size).toBe(1);
    expect(make).toHaveBeenCalledTimes(1);
  });

  test('lists every route of the control API', async () => {
    const routes = operationsOf(await read()).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    // More may come; these are public interface and do not go.
    expect(routes).toEqual(
      expect.arrayContaining([
        'POST /assets',
        'GET /assets',
        'GET /assets/{id}',
        'PATCH /assets/{id}',
        'DELETE /assets/{id}',
        'POST /assets/{id}/links',
        'GET /assets/{id}/views',
        'GET /assets/{id}/views/events',
        'GET /assets/{id}/retention',
        'GET /views/top',
        'POST /beacon',
        'DELETE /viewers/{viewer}',
        'GET /jobs',
        'GET /jobs/{id}',
        'POST /jobs/{id}/cancel',
        'POST /jobs/{id}/retry',
        'GET /signing-keys',
        'POST /signing-keys',
        'DELETE /signing-keys/{kid}',
        'POST /encoders/lease',
        'POST /tasks/{id}/heartbeat',
        'POST /tasks/{id}/complete',
        'POST /tasks/{id}/fail',
        'GET /tasks/{id}/source',
        'PUT /tasks/{id}/objects/{track}/{name}',
      ]),
    );
  });

  test('names the parameters of every path, and no others', async () => {
    for (const { path, operation } of operationsOf(await read())) {
      const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(named, path).toEqual(inPath);
    }
  });

  test('refers only to what it defines', async () => {
    const document = await read();
    const refs = refsOf(document);
    expect(refs.length).toBeGreaterThan(10);
    for (const ref of refs) {
      expect(Object.keys(document.components.schemas)).toContain(ref.replace('#/components/schemas/', ''));
    }
  });

  test('says which token each call needs', async () => {
    const document = await read();
    const isOpen = ({ operation }: { operation: { security: unknown[] } }) => operation.security.length === 0;
    expect(
      operationsOf(document)
        .filter(isOpen)
        .map(({ path }) => path),
    ).toEqual(['/captions/{token}', '/uploads/{id}', '/uploads/{id}', '/beacon']);
    for (const { path, operation } of operationsOf(document).filter((candidate) => !isOpen(candidate))) {
      const [scheme] = operation.security.flatMap(Object.keys);
      expect(scheme, path).toBe(/^\/(encoders|tasks)\//.test(path) ? 'encoderToken' : 'apiToken');
      expect(Object.keys(document.components.securitySchemes)).toContain(scheme);
      expect(Object.keys(operation.responses), path).toContain('401');
    }
  });

  test('declares what webhooks are sent and what streams tell', async () => {
    const document = await read();
    expect(Object.keys(document.webhooks)).toEqual(['message']);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Event', 'WebhookTest', 'JobStreamEvent', 'JobProgress', 'ViewsStreamEvent']),
    );
    for (const path of ['/jobs/{id}/events', '/assets/{id}/views/events']) {
      expect(document.paths[path]?.get?.responses['200']).toHaveProperty(
        ['content', 'text/event-stream', 'schema', '$ref'],
        expect.stringContaining('StreamEvent'),
      );
    }
    expect(document.paths['/jobs/{id}/events']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'last-event-id', in: 'header', required: false }),
    );
  });

  test('says what a task may be', async () => {
    const { schemas } = (await read()).components;
    expect(schemas['JobProgress']).toHaveProperty('properties.tasks.items.properties.state.enum', [...TASK_STATES]);
    expect(schemas['JobDetail']).toHaveProperty('allOf.1.properties.tasks.items.properties.state.enum', [
      ...TASK_STATES,
    ]);
  });

  test('says what a source key is', async () => {
    const { schemas } = (await read()).components;
    expect(schemas['Source']).toHaveProperty('anyOf.0.properties.object.pattern', SOURCE_KEY.source);
  });

  test('says where null may stand at the place, not in a schema that others name', async () => {
    const { schemas } = (await read()).components;
    const nullable = Object.entries(schemas).filter(([, schema]) => [Object(schema).type].flat().includes('null'));
    expect(nullable.map(([name]) => name)).toEqual([]);
    expect(schemas['AssetDetail']).toHaveProperty('allOf.1.properties.views.anyOf', [
      { $ref: '#/components/schemas/LiveViews' },
      { type: 'null' },
    ]);
  });

  test('names every operation once', async () => {
    const ids = operationsOf(await read()).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('gives every refusal as a problem document', async () => {
    for (const { path, operation } of operationsOf(await read())) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) >= 400) {
          expect(response, `${path} ${status}`).toHaveProperty(['content', 'application/problem+json']);
        }
      }
    }
  });
});

describe('what a wrong request is answered', () => {
  const TOKENS: Record<string, string> = { apiToken: env.API_TOKEN, encoderToken: env.ENCODER_TOKEN };
  const JSON_TYPE = { 'content-type': 'application/json' };
  const brokenOff = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      pull: (controller) => controller.error(new Error('Network connection lost.')),
    });
  const REQUESTS: [string, { at?: string; query?: string; body?: () => BodyInit; type?: string; token?: null }][] = [
    ['without a token', { token: null }],
    ['of what does not exist', { at: 'none' }],
    ['at an id that is none', { at: 'A%20%00b' }],
    ['at an escape that is none', { at: '%ff%zz' }],
    ['with a wrong query', { query: '?cursor=%00&limit=0&kind=x&value=&state=x&from=x&window=x&version=.&asset=.&q=' }],
    ['with an empty object', { body: () => '{}' }],
    ['with an array', { body: () => '[]' }],
    ['with half an object', { body: () => '{' }],
    ['with text', { body: () => 'a', type: 'text/plain' }],
    ['with too much', { body: () => 'x'.repeat(1024 * 1024 + 1) }],
    ['with a body that breaks off', { body: brokenOff }],
  ];

  test.each(REQUESTS)('%s: the operation declares it', async (_, { at = 'none', query = '', body, type, token }) => {
    const undeclared: string[] = [];
    for (const { path, method, operation } of operationsOf(await read())) {
      if (body !== undefined && (method === 'get' || method === 'head')) {
        continue;
      }
      const [scheme = ''] = operation.security.flatMap(Object.keys);
      const bearer = token === null ? undefined : TOKENS[scheme];
      const { status } = await app.request(
        `${ORIGIN}/v1${path.replaceAll(/\{\w+\}/g, at)}${query}`,
        {
          method: method.toUpperCase(),
          headers: {
            ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
            ...(body === undefined ? {} : { ...JSON_TYPE, ...(type === undefined ? {} : { 'content-type': type }) }),
          },
          ...(body === undefined ? {} : { body: body() }),
        },
        env,
      );
      if (!(status in operation.responses)) {
        undeclared.push(`${operation.operationId}: ${status}`);
      }
    }
    expect(undeclared).toEqual([]);
  });

  test('by another method is 405 with what is allowed, before a token is asked for', async () => {
    const document = await read();
    for (const [path, item] of Object.entries(document.paths)) {
      const address = `/v1${path.replaceAll(/\{\w+\}/g, 'none')}`;
      const methods = Object.keys(item).map((method) => method.toUpperCase());
      const answer = await call(methods.includes('PUT') ? 'POST' : 'PUT', address, { token: null });
      expect([path, ...problemOf(answer)]).toEqual([path, 405, 'method_not_allowed']);
      const allowed = answer.headers.get('allow')?.split(', ') ?? [];
      expect(allowed).toEqual(expect.arrayContaining([...methods, 'OPTIONS']));
      // For the router, another step below /uploads could be an upload's.
      expect(allowed.includes('HEAD')).toBe(methods.includes('GET') || /^\/uploads\/[^/]+$/.test(path));
      const options = await call('OPTIONS', address, { token: null });
      expect([path, options.status, options.headers.get('allow')?.includes(methods[0] ?? '')]).toEqual([
        path,
        204,
        true,
      ]);
    }
  });
});
