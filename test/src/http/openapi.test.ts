/** The control API's description: a valid document of every route that there is. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { call } from './client.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const operationSchema = z.looseObject({
  summary: z.string().min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))).max(1),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.enum(['path', 'query']) })).optional(),
  requestBody: z
    .looseObject({ content: z.looseObject({ 'application/json': z.unknown() }), required: z.literal(true) })
    .optional(),
  responses: z.record(z.string().regex(/^[2-5]\d\d$/), z.looseObject({ description: z.string().min(1) })),
});
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string() }),
  servers: z.tuple([z.object({ url: z.literal('/v1') })]),
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
    ).toEqual(['/beacon']);
    for (const { path, operation } of operationsOf(document).filter((candidate) => !isOpen(candidate))) {
      const [scheme] = operation.security.flatMap(Object.keys);
      expect(scheme, path).toBe(/^\/(encoders|tasks)\//.test(path) ? 'encoderToken' : 'apiToken');
      expect(Object.keys(document.components.securitySchemes)).toContain(scheme);
      expect(Object.keys(operation.responses), path).toContain('401');
    }
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
