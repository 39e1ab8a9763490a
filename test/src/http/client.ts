/** Calls to the Worker by its public door, as apps and encoders make them. */
import { SELF } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { z } from 'zod';

export const ORIGIN = 'https://sluice.example';

export type Answer = { status: number; headers: Headers; body: unknown };

type CallOptions = {
  /** The API token unless given; null for none. */
  token?: string | null;
  /** Sent as JSON. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Sent as it is. */
  body?: BodyInit;
};

/** The body is parsed where it is JSON of any kind, null where there is none. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { token = env.API_TOKEN, json, body } = options;
  const response = await SELF.fetch(`${ORIGIN}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  // An answer to HEAD has the headers alone.
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text || null };
}

const problemSchema = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string().min(1),
  status: z.int(),
  code: z.string(),
});

/** `[status, code]` of a refusal. Throws where it is not a problem document that nobody may store. */
export function problemOf({ status, headers, body }: Answer): [status: number, code: string] {
  const problem = problemSchema.parse(body);
  if (
    headers.get('content-type') !== 'application/problem+json' ||
    headers.get('cache-control') !== 'no-store' ||
    problem.status !== status
  ) {
    throw new Error(`not a problem document: ${status} ${JSON.stringify([...headers])} ${JSON.stringify(body)}`);
  }
  return [status, problem.code];
}

const assetSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  status: z.string(),
  job: z.object({ id: z.string(), status: z.string() }),
});

/** Puts a source in the bucket and makes an asset of it. */
export async function createAsset(name: string, change: object = {}) {
  const key = `sources/${name}/${name}.mp4`;
  await env.MEDIA.put(key, 'not really a film');
  const answer = await call('POST', '/v1/assets', { json: { source: { object: key }, ...change } });
  if (answer.status !== 202) {
    throw new Error(`no asset: ${JSON.stringify(answer.body)}`);
  }
  return assetSchema.parse(answer.body);
}

export const readAsset = async (id: string): Promise<unknown> => (await call('GET', `/v1/assets/${id}`)).body;
