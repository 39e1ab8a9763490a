/** What `POST /v1/links/explain` answers, member by member: nothing else may stand in it. */
import { expect } from 'vitest';
import { z } from 'zod';
import { ask } from './fixture.ts';

const explanationSchema = z.strictObject({
  allowed: z.boolean(),
  code: z.string().optional(),
  claim: z.string().optional(),
  detail: z.string().optional(),
  asset: z.string().nullable(),
  claims: z.looseObject({ kid: z.string() }).nullable(),
  rules: z.array(z.strictObject({ rule: z.string(), passed: z.boolean(), why: z.string() })),
});

export async function explain(link: string, request: object = {}) {
  const { status, body } = await ask('POST', '/v1/links/explain', { json: { link, ...request } });
  expect(status).toBe(200);
  return explanationSchema.parse(body);
}
