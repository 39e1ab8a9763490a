/** Calls of the upload protocols. */
import { z } from 'zod';
import { type Answer, call } from '../../http/client.ts';

export const TUS = { 'tus-resumable': '1.0.0' };
export const OCTETS = 'application/offset+octet-stream';

export const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export const metadata = (pairs: Readonly<Record<string, string>>): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${key} ${base64(value)}`)
    .join(',');

type Options = { token?: string | null; headers?: Record<string, string>; body?: BodyInit };

export const create = (headers: Record<string, string>, options: Options = {}, path = '/v1/uploads') =>
  call('POST', path, { ...options, headers: { ...TUS, ...headers } });

/** The path of the upload that an answer has created. */
export function placeOf({ status, headers, body }: Answer): string {
  if (status !== 201) {
    throw new Error(`not created: ${status} ${JSON.stringify(body)}`);
  }
  return new URL(headers.get('location') ?? '').pathname;
}

export const begin = async (length: number, headers: Record<string, string> = {}): Promise<string> =>
  placeOf(await create({ 'upload-length': String(length), ...headers }));

export const patch = (place: string, offset: number, body: BodyInit, headers: Record<string, string> = {}) =>
  call('PATCH', place, {
    token: null,
    headers: { ...TUS, 'content-type': OCTETS, 'upload-offset': String(offset), ...headers },
    body,
  });

export const head = (place: string, headers: Record<string, string> = {}) =>
  call('HEAD', place, { token: null, headers: { ...TUS, ...headers } });

export const idOf = (place: string): string => place.slice('/v1/uploads/'.length).slice(0, 16);

export const read = async (place: string) =>
  z
    .looseObject({ state: z.string(), asset: z.string().nullable() })
    .parse((await call('GET', `/v1/uploads/${idOf(place)}`)).body);
