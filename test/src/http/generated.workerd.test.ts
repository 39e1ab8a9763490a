/** Requests that are generated from the OpenAPI document: every answer is as the document says. */
import { SELF } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JsonSchema } from '../../../scripts/docs/json-schema.ts';
import { type OpenApiDocument, operationsOf } from '../../../scripts/docs/openapi-model.ts';
import { type DriveOptions, drive } from '../../system/requests/drive.ts';
import { call, createAsset, ORIGIN } from './client.ts';

/** Seconds. test/slow/generated-requests.test.ts sends more, to a system with a film. */
const COUNT = 300;
/** Of the asset that there is from the start. */
const SOURCE = 'sources/generated/generated.mp4';

const tokens = { apiToken: env.API_TOKEN, encoderToken: env.ENCODER_TOKEN };

afterEach(() => {
  vi.restoreAllMocks();
});

test('generated requests are answered as the document says', async () => {
  vi.spyOn(console, 'log').mockReturnValue();
  // Sources and webhooks at other hosts.
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('', { status: 503 }));
  const { id, job } = await createAsset('generated');
  const document = (await call('GET', '/v1/openapi.json', { token: null })).body as OpenApiDocument;
  const send = (path: string, init: RequestInit) => SELF.fetch(`${ORIGIN}${path}`, init);
  const { faults, answers } = await drive({
    document,
    send,
    count: COUNT,
    tokens,
    first: { object: SOURCE, assets: id, jobs: job.id },
  });
  expect(faults).toEqual([]);
  // Ids of answers came back in requests: what has `{id}` was found.
  const found = operationsOf(document.paths).filter(({ path, operation }) => {
    const statuses = [...(answers.get(operation.operationId)?.keys() ?? [])];
    return path.includes('{') && statuses.some((status) => status < 300);
  });
  expect(found.length).toBeGreaterThan(5);
});

describe('the check of answers', () => {
  const PROBLEM = { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] };
  const documentOf = (schema: JsonSchema): OpenApiDocument => ({
    paths: {
      '/things': {
        post: {
          operationId: 'createThing',
          summary: 'Create a thing',
          requestBody: {
            required: true,
            content: { 'application/json': { schema } },
          },
          responses: {
            200: {
              description: 'The thing',
              headers: { location: { required: true } },
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
            },
            400: { description: 'invalid_request', content: { 'application/problem+json': { schema: PROBLEM } } },
          },
        },
      },
    },
    webhooks: {},
    components: {
      schemas: {
        Base: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        Thing: {
          allOf: [{ $ref: '#/components/schemas/Base' }, { type: 'object', properties: { size: { type: 'integer' } } }],
        },
      },
    },
  });
  const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): DriveOptions['send'] => {
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    const all = { 'content-type': type, location: '/v1/things/a', ...headers };
    return async () => new Response(JSON.stringify(body), { status, headers: all });
  };
  const faultsOf = async (send: DriveOptions['send'], schema: JsonSchema = {}, count = 1) =>
    (await drive({ document: documentOf(schema), send, count, tokens: {} })).faults.map((fault) =>
      fault.replace(/.*\n/gs, '').trim(),
    );

  test.each([
    ['an answer of its schema', answer({ id: 'a', size: 1 })],
    ['a declared refusal', answer({ code: 'invalid_request' }, 400)],
  ])('accepts %s', async (_, send) => {
    expect(await faultsOf(send)).toEqual([]);
  });

  test.each([
    ['an undeclared status', answer({ id: 'a' }, 201), 'has an undeclared status'],
    ['a fault', answer({ code: 'internal' }, 500), 'is a fault'],
    ['an undeclared code', answer({ code: 'not_found' }, 400), 'has the undeclared code not_found'],
    ['another type', answer({ id: 'a' }, 200, { 'content-type': 'text/html' }), 'has the undeclared type text/html'],
    ['a missing member', answer({ size: 1 }), ' must have required property \'id\' {"missingProperty":"id"}'],
    ['a wrong member', answer({ id: 'a', size: 0.5 }), '/size must be integer {"type":"integer"}'],
    ['an undeclared member', answer({ id: 'a', more: 1 }), 'must NOT have unevaluated properties'],
    ['a missing header', async () => Response.json({ id: 'a' }), 'has no header location'],
  ])('finds %s', async (_, send, fault) => {
    expect((await faultsOf(send)).join()).toContain(fault.trim());
  });

  test('finds that a body is accepted which the schema refuses', async () => {
    expect((await faultsOf(answer({ id: 'a' }), { type: 'object', additionalProperties: false }, 50)).join()).toContain(
      'accepts a body that its schema refuses',
    );
  });
});
