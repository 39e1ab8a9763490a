/** The whole Worker with an asset that plays and a state that is never remembered. */
import { env } from 'cloudflare:workers';
import { app } from '../../../../src/app.ts';
import { putAsset } from '../../delivery/fixture.ts';
import { type Answer, ORIGIN } from '../../http/client.ts';

/** One environment for a test file, so that it is one isolate. */
export const fresh = { ...env, EDGE_STATE_SECONDS: '0' };

export const putPlayable = (assetId: string, changed: Parameters<typeof putAsset>[2] = {}) =>
  putAsset(fresh as never, assetId, changed);

type AskOptions = { json?: unknown; token?: string | null; headers?: Record<string, string>; from?: object };

/** Without any bearer token for players, with the API token below /v1. */
export async function ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { json, token = path.startsWith('/v1/') ? env.API_TOKEN : null, from = fresh } = options;
  const init = {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  };
  const response = await app.request(`${ORIGIN}${path}`, init, from);
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text || null,
  };
}

/** Opens a link and returns `/s/{session}/`. */
export async function play(link: string): Promise<string> {
  const { status, body } = await ask('GET', `/v/${link}/main.m3u8`);
  const base = /^(\/s\/[^/]+\/)/m.exec(String(body))?.[1];
  if (base === undefined) {
    throw new Error(`no session: ${status} ${JSON.stringify(body)}`);
  }
  return base;
}
