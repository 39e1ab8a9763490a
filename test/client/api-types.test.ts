/** client/api-types.ts fits the Worker's code, and the generator writes schemas as TypeScript. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { apiTypes, type OpenApi, typeOf } from '../../scripts/api-types.ts';
import type { JsonSchema } from '../../scripts/docs/json-schema.ts';
import { ROOT } from '../../scripts/system.ts';

test('the types are those of the OpenAPI document', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/client.ts', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

const TEXT = { type: 'string' };

describe('a schema', () => {
  test.each<[string, JsonSchema]>([
    ["Schemas['Asset']", { $ref: '#/components/schemas/Asset' }],
    ['string', { type: 'string' }],
    ['number', { type: 'integer' }],
    ['(string) | (null)', { type: ['string', 'null'] }],
    ['("a") | ("b")', { type: 'string', enum: ['a', 'b'] }],
    ['(boolean)[]', { type: 'array', items: { type: 'boolean' } }],
    ["(Schemas['A']) & (string)", { allOf: [{ $ref: '#/components/schemas/A' }, { type: 'string' }] }],
    ['(string) | (null)', { anyOf: [{ type: 'string' }, { type: 'null' }] }],
    ['(string) | (number)', { oneOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['unknown', { description: 'Anything' }],
    ['{ a: string; b?: number }', { type: 'object', properties: { a: TEXT, b: { type: 'number' } }, required: ['a'] }],
    ['{ "last-event-id"?: string }', { type: 'object', properties: { 'last-event-id': TEXT } }],
    [
      '{ a?: string } & Record<string, number>',
      { type: 'object', properties: { a: TEXT }, additionalProperties: { type: 'number' } },
    ],
    ['Record<string, never>', { type: 'object', properties: {} }],
    ['{ \n/** A * / b */\na?: string }', { type: 'object', properties: { a: { ...TEXT, description: 'A */ b' } } }],
  ])('is %s', (text, schema) => {
    expect(typeOf(schema)).toBe(text);
  });

  test.each<[string, object]>([
    ['a word that is not known', { not: { type: 'string' } }],
    ['no word that says what it is', { minimum: 1 }],
    ['a type that is none', { type: 'file' }],
  ])('with %s is refused, not taken for anything', (_, schema) => {
    expect(() => typeOf(schema)).toThrow('no type for');
  });
});

test('a call has its parameters, its body, what all successes answer, and its events; other planes have none', () => {
  const text = { schema: { type: 'string' } };
  const document: OpenApi = {
    components: { schemas: { A: { type: 'null' } } },
    paths: {
      '/a/{id}': {
        post: {
          security: [{ apiToken: [] }],
          parameters: [
            { name: 'id', in: 'path', required: true, ...text },
            { name: 'q', in: 'query', ...text },
          ],
          requestBody: { content: { 'application/json': text } },
          responses: {
            200: { content: { 'application/json': text } },
            204: {},
            400: { content: { 'application/problem+json': { schema: { type: 'number' } } } },
          },
        },
        get: { security: [{ apiToken: [] }], responses: { 200: { content: { 'text/event-stream': text } } } },
        put: { security: [{ encoderToken: [] }], responses: {} },
      },
    },
  };
  const types = apiTypes(document).replaceAll(/[()]/g, '');
  expect(types).toContain('export type Schemas = { A: null };');
  expect(types).toContain(
    "'POST /a/{id}': { request: { path: { id: string }; query?: { q?: string }; body: string }; answer: string | null }",
  );
  expect(types).toContain("'GET /a/{id}': { answer: null; event: string }");
  expect(types).not.toContain('PUT');
});
