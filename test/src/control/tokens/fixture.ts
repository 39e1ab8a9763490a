/** Tokens for tests, made through the API by the root token. */
import { z } from 'zod';
import type { Scope } from '../../../../src/http/scopes.ts';
import { call } from '../../http/client.ts';

const createdSchema = z.looseObject({ id: z.string(), token: z.string() });

export async function createToken(
  scopes: readonly Scope[],
  { expiresAt, by }: { expiresAt?: string; by?: string } = {},
): Promise<{ id: string; token: string }> {
  const json = { name: 'Test', scopes, ...(expiresAt === undefined ? {} : { expiresAt }) };
  const answer = await call('POST', '/v1/api-tokens', { json, ...(by === undefined ? {} : { token: by }) });
  return createdSchema.parse(answer.body);
}
