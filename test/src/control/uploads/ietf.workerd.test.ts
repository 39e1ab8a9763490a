/** draft-ietf-httpbis-resumable-upload, interop versions 5 and 6, through the public door. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { findUpload } from '../../../../src/catalog/uploads.ts';
import { call, problemOf } from '../../http/client.ts';
import { idOf, placeOf, read } from './client.ts';

const PARTIAL = 'application/partial-upload';

describe.each(['5', '6'])('interop version %s', (version) => {
  const SPOKEN = { 'upload-draft-interop-version': version };
  const create = (headers: Record<string, string>, body?: string) =>
    call('POST', '/v1/uploads', { headers: { ...SPOKEN, ...headers }, ...(body === undefined ? {} : { body }) });
  const append = (
    place: string,
    offset: number,
    complete: boolean,
    body: string,
    headers: Record<string, string> = {},
  ) =>
    call('PATCH', place, {
      token: null,
      headers: {
        ...SPOKEN,
        ...(version === '6' ? { 'content-type': PARTIAL } : {}),
        'upload-offset': String(offset),
        'upload-complete': complete ? '?1' : '?0',
        ...headers,
      },
      body,
    });

  test('a file in one request, under the name that the client gives it', async () => {
    const headers = { 'upload-complete': '?1', 'content-disposition': `attachment; filename*=UTF-8''%C3%BC.mp4` };
    const created = await create(headers, 'film');
    const place = placeOf(created);
    expect(Object.fromEntries(created.headers)).toMatchObject({
      'upload-draft-interop-version': version,
      'upload-offset': '4',
      'upload-complete': '?1',
    });
    expect(created.headers.get('tus-resumable')).toBeNull();
    expect(await read(place)).toMatchObject({ state: 'finished', fileName: 'ü.mp4', lengthBytes: 4 });
  });

  test('a file in steps, whose length the last one tells', async () => {
    const place = placeOf(await create({ 'upload-complete': '?0' }, 'he'));
    const first = await append(place, 2, false, 'llo');
    expect([first.status, first.headers.get('upload-offset'), first.headers.get('upload-complete')]).toEqual([
      204,
      '5',
      '?0',
    ]);
    const told = await call('HEAD', place, { token: null, headers: SPOKEN });
    expect([told.status, told.headers.get('upload-length'), told.headers.get('cache-control')]).toEqual([
      204,
      null,
      'no-store',
    ]);
    expect(told.headers.get('upload-limit')).toBe('max-size=167772160000, max-append-size=100000000, max-age=86400');
    const last = await append(place, 5, true, '!');
    expect([last.status, last.headers.get('upload-complete')]).toEqual([204, '?1']);
    const { key } = (await findUpload(env.CATALOG, idOf(place))) ?? { key: '' };
    expect(await (await env.MEDIA.get(key))?.text()).toBe('hello!');
  });

  test('another offset', async () => {
    const place = placeOf(await create({ 'upload-complete': '?0', 'upload-length': '6' }, 'he'));
    const answer = await append(place, 1, false, 'x');
    expect([answer.status, answer.headers.get('upload-offset')]).toEqual([409, '2']);
    expect(answer.body).toMatchObject({ code: 'upload_offset_mismatch' });
    if (version === '6') {
      expect(answer.body).toMatchObject({
        type: 'https://iana.org/assignments/http-problem-types#mismatching-upload-offset',
        'expected-offset': 2,
        'provided-offset': 1,
      });
    }
  });

  test('another length', async () => {
    const place = placeOf(await create({ 'upload-complete': '?0', 'upload-length': '6' }, 'he'));
    const answer = await append(place, 2, true, 'x');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'upload_length_mismatch' });
  });

  test('a creation that does not say whether it is complete', async () => {
    expect(problemOf(await create({}, 'film'))).toEqual([400, 'invalid_request']);
    expect(problemOf(await create({ 'upload-complete': 'yes' }, 'film'))).toEqual([400, 'invalid_request']);
  });

  test('bytes for a finished upload', async () => {
    const place = placeOf(await create({ 'upload-complete': '?1' }, 'film'));
    expect(await append(place, 4, true, 'more')).toMatchObject({ status: 403, body: { code: 'upload_closed' } });
  });
});

test('version 6 appends only its own type', async () => {
  const headers = { 'upload-draft-interop-version': '6', 'upload-complete': '?0' };
  const place = placeOf(await call('POST', '/v1/uploads', { headers }));
  const answer = await call('PATCH', place, { token: null, headers: { ...headers, 'upload-offset': '0' }, body: 'x' });
  expect(problemOf(answer)).toEqual([415, 'unsupported_media_type']);
});
