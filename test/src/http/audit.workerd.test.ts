/** Every change that the API makes leaves one line in the log, which names what was changed and holds nothing secret. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { call, createAsset } from './client.ts';

const VIEWER = 'someone@mail.example';
const auditSchema = z.strictObject({
  event: z.literal('audit'),
  requestId: z.string().min(10),
  token: z.literal('root'),
  action: z.string(),
  target: z.record(z.string(), z.string()),
  fields: z.array(z.string()).optional(),
});

let logged: string[] = [];
beforeEach(() => {
  logged = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void logged.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** `[action, target, fields]` of each line since the last call. */
function audited() {
  const lines = logged.splice(0).filter((line) => line.includes('"event":"audit"'));
  for (const secret of [env.API_TOKEN, VIEWER, encodeURIComponent(VIEWER), 'whsec_', '"d"', 'Secret title']) {
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  }
  return lines.map((line) => {
    const { action, target, fields } = auditSchema.parse(JSON.parse(line));
    return fields === undefined ? [action, target] : [action, target, fields];
  });
}

const idOf = (body: unknown): string => z.looseObject({ id: z.string() }).parse(body).id;

test('of assets and their links', async () => {
  const { id, job } = await createAsset('audited', { title: 'Secret title' });
  expect(audited()).toEqual([['createAsset', { id }]]);
  await call('PATCH', `/v1/assets/${id}`, { json: { disabled: true, title: 'Secret title 2' } });
  expect(audited()).toEqual([['updateAsset', { id }, ['disabled', 'title']]]);
  const { body } = await call('POST', `/v1/assets/${id}/links`, { json: { expiresIn: 60, viewer: VIEWER } });
  const { jti } = z.looseObject({ jti: z.string() }).parse(body);
  expect(audited()).toEqual([['createLink', { id, jti }]]);
  await call('POST', `/v1/jobs/${job.id}/cancel`);
  expect(audited()).toEqual([['cancelJob', { id: job.id }]]);
  await call('DELETE', `/v1/assets/${id}`);
  expect(audited()).toEqual([['deleteAsset', { id }]]);
});

test('of keys, revocations, webhooks, viewers and collections', async () => {
  const { kid } = z.looseObject({ kid: z.string() }).parse((await call('POST', '/v1/signing-keys', { json: {} })).body);
  await call('DELETE', `/v1/signing-keys/${kid}`);
  expect(audited()).toEqual([
    ['createSigningKey', { kid }],
    ['deleteSigningKey', { kid }],
  ]);
  await call('POST', '/v1/revocations', { json: { kind: 'link', value: 'a-jti' } });
  await call('DELETE', '/v1/revocations?kind=link&value=a-jti');
  await call('POST', '/v1/revocations?kind=link&id=x', { json: { kind: 'viewer', value: VIEWER } });
  await call('DELETE', `/v1/revocations?kind=viewer&value=${encodeURIComponent(VIEWER)}`);
  expect(audited()).toEqual([
    ['createRevocation', { kind: 'link', value: 'a-jti' }],
    ['deleteRevocation', { kind: 'link', value: 'a-jti' }],
    ['createRevocation', { kind: 'viewer' }],
    ['deleteRevocation', { kind: 'viewer' }],
  ]);
  const id = idOf((await call('POST', '/v1/webhooks', { json: { url: 'https://hooks.example/' } })).body);
  await call('POST', `/v1/webhooks/${id}/rotate-secret`);
  await call('DELETE', `/v1/webhooks/${id}`);
  await call('DELETE', `/v1/viewers/${encodeURIComponent(VIEWER)}`);
  const collection = idOf((await call('POST', '/v1/gc-runs', { json: { dryRun: true } })).body);
  expect(audited()).toEqual([
    ['createWebhook', { id }],
    ['rotateWebhookSecret', { id }],
    ['deleteWebhook', { id }],
    ['forgetViewer', {}],
    ['startGcRun', { id: collection }],
  ]);
});

test('not of questions, refusals and encoders', async () => {
  await call('GET', '/v1/assets');
  await call('POST', '/v1/links/explain', { json: { link: 'a' } });
  await call('POST', '/v1/assets', { json: {} });
  await call('DELETE', '/v1/assets/none');
  await call('POST', '/v1/assets', { token: null, json: {} });
  const encoder = { id: 'enc', version: '1', cores: 1, memoryBytes: 1 };
  await call('POST', '/v1/encoders/lease', { token: env.ENCODER_TOKEN, json: { encoder } });
  expect(audited()).toEqual([]);
});
