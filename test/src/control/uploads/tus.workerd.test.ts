/** tus 1.0.0 through the public door. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { findUpload } from '../../../../src/catalog/uploads.ts';
import { call, problemOf } from '../../http/client.ts';
import { base64, begin, create, head, idOf, metadata, OCTETS, patch, placeOf, read, TUS } from './client.ts';

const stored = async (place: string): Promise<string | undefined> =>
  (await env.MEDIA.get((await findUpload(env.CATALOG, idOf(place)))?.key ?? ''))?.text();

const sha1 = async (text: string): Promise<string> =>
  btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)))));

describe('OPTIONS', () => {
  test.each(['/v1/uploads', `/v1/uploads/${'a'.repeat(42)}`])('%s tells what the server can do', async (path) => {
    const { status, headers } = await call('OPTIONS', path, { token: null });
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension':
        'creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation',
      'tus-checksum-algorithm': 'sha1,sha256,crc32',
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, HEAD, PATCH, DELETE, OPTIONS',
    });
    expect(Number(headers.get('tus-max-size'))).toBe(10_000 * 16 * 1024 ** 2);
  });
});

describe('an upload', () => {
  test('is created, filled in two steps, and is a source then', async () => {
    const created = await create({
      'upload-length': '11',
      'upload-metadata': metadata({ filename: '../etc/Mein Film.mp4' }),
    });
    const place = placeOf(created);
    expect(created.headers.get('location')).toMatch(/^https:\/\/sluice\.example\/v1\/uploads\/[0-9a-z]{42}$/);
    expect(Date.parse(created.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const first = await patch(place, 0, 'hello ');
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '6']);
    expect(first.headers.get('upload-expires')).toBe(created.headers.get('upload-expires'));
    const between = await head(place);
    expect(between.status).toBe(200);
    expect(Object.fromEntries(between.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'upload-offset': '6',
      'upload-length': '11',
      'upload-metadata': metadata({ filename: '../etc/Mein Film.mp4' }),
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    });
    expect(await read(place)).toMatchObject({ state: 'open', receivedBytes: 6, fileName: 'Mein Film.mp4' });
    expect((await patch(place, 6, 'world')).status).toBe(204);
    expect(await stored(place)).toBe('hello world');
    expect(await read(place)).toMatchObject({ state: 'finished', receivedBytes: 11, asset: null, expiresAt: null });
    const after = await head(place);
    expect([after.headers.get('upload-offset'), after.headers.get('upload-expires')]).toEqual(['11', null]);
    const asset = await call('POST', '/v1/assets', { json: { source: { upload: place.split('/').at(-1) } } });
    expect(asset.status).toBe(202);
  });

  test('with an asset becomes it, and says which', async () => {
    const asset = JSON.stringify({ title: 'Ünï', policy: 'public' });
    const headers = {
      'upload-length': '4',
      'upload-metadata': metadata({ asset, creatorId: 'ada' }),
      'content-type': OCTETS,
    };
    const created = await create(headers, { body: 'film' });
    const place = placeOf(created);
    expect(created.headers.get('upload-offset')).toBe('4');
    const upload = await read(place);
    expect(upload).toMatchObject({ state: 'finished', creatorId: 'ada', lengthBytes: 4 });
    expect((await head(place)).headers.get('sluice-asset')).toBe(upload.asset);
    expect(created.headers.get('sluice-asset')).toBe(upload.asset);
    expect((await call('GET', `/v1/assets/${upload.asset}`)).body).toMatchObject({ title: 'Ünï', policy: 'public' });
  });

  test('is recorded by its id', async () => {
    const id = idOf(await begin(3));
    const { body } = await call('GET', '/v1/audit?limit=1');
    expect(body).toMatchObject({ changes: [{ operation: 'createUpload', target: { id } }] });
  });

  test('of no bytes is finished when it is created', async () => {
    const place = await begin(0);
    expect(await read(place)).toMatchObject({ state: 'finished', lengthBytes: 0 });
    expect(await stored(place)).toBe('');
  });

  test('may tell its length later', async () => {
    const place = placeOf(await create({ 'upload-defer-length': '1' }));
    expect((await head(place)).headers.get('upload-defer-length')).toBe('1');
    await patch(place, 0, 'abc');
    expect((await patch(place, 3, 'def', { 'upload-length': '6' })).status).toBe(204);
    expect(await stored(place)).toBe('abcdef');
    expect(await read(place)).toMatchObject({ state: 'finished', lengthBytes: 6 });
  });

  test('is deleted by its URL, or by its id with a token', async () => {
    const [one, other] = [await begin(3), await begin(3)];
    expect((await call('DELETE', one, { token: null, headers: TUS })).status).toBe(204);
    expect(problemOf(await call('DELETE', `/v1/uploads/${idOf(other)}`, { token: null }))).toEqual([
      401,
      'unauthorized',
    ]);
    expect((await call('DELETE', `/v1/uploads/${idOf(other)}`)).status).toBe(204);
    for (const place of [one, other]) {
      expect((await head(place)).status).toBe(410);
      expect(problemOf(await patch(place, 0, 'abc'))).toEqual([410, 'upload_gone']);
      expect(await read(place)).toMatchObject({ state: 'deleted' });
    }
  });

  test('takes the method that a client means', async () => {
    const place = await begin(3);
    const headers = { ...TUS, 'content-type': OCTETS, 'upload-offset': '0', 'x-http-method-override': 'PATCH' };
    expect((await call('POST', place, { token: null, headers, body: 'abc' })).status).toBe(204);
    expect(await stored(place)).toBe('abc');
  });

  test('no other method can be meant by one that creates', async () => {
    const answer = await create({ 'x-http-method-override': 'DELETE' });
    expect([problemOf(answer), answer.headers.get('allow')]).toEqual([[405, 'method_not_allowed'], 'POST, OPTIONS']);
  });

  test('another method than PATCH can be meant by one', async () => {
    const headers = { 'x-http-method-override': 'DELETE' };
    const answer = await call('PATCH', '/v1/uploads/0123456789abcdef', {
      token: null,
      headers: { ...headers, ...TUS },
    });
    expect(problemOf(answer)).toEqual([404, 'upload_not_found']);
    const other = await call('PATCH', '/v1/uploads/0123456789abcdef', { token: null, headers });
    expect(problemOf(other)).toEqual([412, 'upload_version_unsupported']);
  });

  test('a method that is meant does not get past the token', async () => {
    const headers = { ...TUS, 'upload-length': '3', 'x-http-method-override': 'POST' };
    expect((await call('GET', '/v1/uploads', { token: null, headers })).status).toBe(401);
    expect((await call('PATCH', '/v1/uploads', { token: null, headers })).status).toBe(401);
  });
});

describe('checksums', () => {
  test.each([
    ['sha1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ['sha256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
    ['crc32', 'NhCmhg=='],
  ])('%s of a body that fits', async (algorithm, digest) => {
    const place = await begin(5);
    expect((await patch(place, 0, 'hello', { 'upload-checksum': `${algorithm} ${digest}` })).status).toBe(204);
    expect(await stored(place)).toBe('hello');
  });

  test('one that does not fit leaves the offset, and the bytes may be sent again', async () => {
    const place = await begin(5);
    const wrong = await patch(place, 0, 'jello', { 'upload-checksum': `sha1 ${await sha1('hello')}` });
    expect(problemOf(wrong)).toEqual([460, 'upload_checksum_mismatch']);
    expect((await head(place)).headers.get('upload-offset')).toBe('0');
    expect((await patch(place, 0, 'hello', { 'upload-checksum': `sha1 ${await sha1('hello')}` })).status).toBe(204);
  });

  test.each(['md5 rL0Y20zC+Fzt72VPzMSk2A==', 'sha1', 'sha1 ****', 'sha1 AAAA', 'crc32 AAAAAAA='])(
    '%s is refused',
    async (text) => {
      const place = await begin(5);
      expect(problemOf(await patch(place, 0, 'hello', { 'upload-checksum': text }))).toEqual([400, 'invalid_request']);
    },
  );
});

describe('concatenation', () => {
  const part = async (text: string) =>
    placeOf(
      await create(
        { 'upload-length': String(text.length), 'upload-concat': 'partial', 'content-type': OCTETS },
        { body: text },
      ),
    );

  /** The object copies after it has answered. */
  const whole = async (place: string) => {
    await expect.poll(() => read(place), { timeout: 20_000 }).toMatchObject({ state: 'finished' });
    return await stored(place);
  };

  test('makes one upload of several, whose asset it becomes, and may be repeated', async () => {
    const parts = [await part('one,'), await part('two,'), await part('three')];
    const headers = {
      'upload-concat': `final;${parts.map((place, index) => (index === 1 ? `https://sluice.example${place}` : place)).join(' ')}`,
      'upload-metadata': metadata({ filename: 'film.mp4', asset: '{"title":"Whole"}' }),
    };
    const [first, again] = [placeOf(await create(headers)), placeOf(await create(headers))];
    expect(again).toBe(first);
    expect(await whole(first)).toBe('one,two,three');
    const { headers: told } = await head(first);
    expect(told.get('upload-concat')).toBe(`final;${parts.map((place) => `/v1/uploads/${idOf(place)}`).join(' ')}`);
    expect([told.get('upload-offset'), told.get('upload-length')]).toEqual(['13', '13']);
    const { asset } = await read(first);
    expect((await call('GET', `/v1/assets/${asset}`)).body).toMatchObject({ title: 'Whole' });
    expect(problemOf(await patch(first, 13, 'more'))).toEqual([403, 'upload_closed']);
    expect(placeOf(await create(headers))).toBe(first);
  });

  test('of parts that are in another upload, none is made; of one whose bytes are gone, it fails', async () => {
    const [one, two] = [await part('abc'), await part('def')];
    await whole(placeOf(await create({ 'upload-concat': `final;${one}` })));
    const join = { 'upload-concat': `final;${two} ${one}` };
    expect(problemOf(await create(join))).toEqual([410, 'upload_gone']);
    expect((await head(one)).status).toBe(410);
    await env.MEDIA.delete((await findUpload(env.CATALOG, idOf(two)))?.key ?? '');
    const place = placeOf(await create({ 'upload-concat': `final;${two}` }));
    await expect
      .poll(() => read(place), { timeout: 20_000 })
      .toMatchObject({ state: 'failed', error: { code: 'source_not_found' } });
    expect((await head(place)).headers.get('upload-offset')).toBeNull();
  });

  test('parts are named as such, are no sources, and are not listed', async () => {
    const place = await part('abc');
    expect((await head(place)).headers.get('upload-concat')).toBe('partial');
    const source = await call('POST', '/v1/assets', { json: { source: { upload: idOf(place) } } });
    expect(problemOf(source)).toEqual([422, 'source_not_found']);
    const { body } = await call('GET', '/v1/uploads?limit=100');
    expect(JSON.stringify(body)).not.toContain(idOf(place));
  });

  test('of what is unfinished, no part, unknown, false or doubled is refused', async () => {
    const done = await part('abc');
    const open = placeOf(await create({ 'upload-length': '3', 'upload-concat': 'partial' }));
    const join = async (...places: string[]) =>
      problemOf(await create({ 'upload-concat': `final;${places.join(' ')}` }));
    expect(await join(done, open)).toEqual([409, 'upload_unfinished']);
    expect(await join(done, await begin(0))).toEqual([400, 'invalid_request']);
    expect(await join(done, `/v1/uploads/${idOf(open)}${'0'.repeat(26)}`)).toEqual([404, 'upload_not_found']);
    expect(await join(done, done)).toEqual([400, 'invalid_request']);
    expect(await join()).toEqual([400, 'invalid_request']);
    expect(await join('https://other.example/film.mp4')).toEqual([400, 'invalid_request']);
  });
});

describe('what is wrong is refused', () => {
  test.each([{}, { 'tus-resumable': '0.2.2' }, { 'upload-draft-interop-version': '3' }])(
    'the version of %o',
    async (version) => {
      const headers = { 'upload-length': '3', ...(version as Record<string, string>) };
      const answer = await call('POST', '/v1/uploads', { headers });
      expect(problemOf(answer)).toEqual([412, 'upload_version_unsupported']);
      expect(answer.headers.get('tus-version')).toBe('1.0.0');
      expect(answer.headers.get('upload-draft-interop-version')).toBeNull();
      const place = await begin(3);
      expect(problemOf(await call('PATCH', place, { headers }))).toEqual([412, 'upload_version_unsupported']);
    },
  );

  test('no token, and no link', async () => {
    expect(problemOf(await create({ 'upload-length': '3' }, { token: null }))).toEqual([401, 'unauthorized']);
  });

  test.each([
    [{}],
    [{ 'upload-length': '3', 'upload-defer-length': '1' }],
    [{ 'upload-length': '-3' }],
    [{ 'upload-length': '3e2' }],
    [{ 'upload-defer-length': '2' }],
    [{ 'upload-length': '3', 'upload-concat': 'half' }],
    [{ 'upload-length': '3', 'upload-metadata': 'filename not*base64' }],
    [{ 'upload-length': '3', 'upload-metadata': 'filename YQ' }],
    [{ 'upload-length': '3', 'upload-metadata': 'filename //79' }],
    [{ 'upload-length': '3', 'upload-metadata': 'filename YQ==,filename YQ==' }],
    [{ 'upload-length': '3', 'upload-metadata': 'filename YQ== YQ==' }],
    [{ 'upload-length': '3', 'upload-metadata': `x ${'QUFB'.repeat(10_000)}` }],
    [{ 'upload-length': '3', 'upload-metadata': Array.from({ length: 40 }, (_, n) => `k${n}`).join(',') }],
    [{ 'upload-length': '3', 'upload-metadata': metadata({ asset: '{' }) }],
    [{ 'upload-length': '3', 'upload-metadata': metadata({ asset: '{"policy":"secret"}' }) }],
    [{ 'upload-length': '3', 'upload-metadata': metadata({ asset: '{"unknown":1}' }) }],
    [{ 'upload-length': '3', 'upload-metadata': metadata({ creatorId: '' }) }],
    [{ 'upload-length': '3', 'upload-metadata': metadata({ creatorId: 'a\r\nb' }) }],
    [{ 'upload-length': '3', trailer: 'Upload-Checksum' }],
  ])('a creation with %o', async (headers) => {
    const answer = await create(headers as Record<string, string>);
    expect(problemOf(answer)).toEqual([400, 'invalid_request']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('an upload that is larger than any may be', async () => {
    expect(problemOf(await create({ 'upload-length': '999999999999999' }))).toEqual([413, 'upload_too_large']);
  });

  test('another type of body', async () => {
    const place = await begin(3);
    expect(problemOf(await patch(place, 0, 'abc', { 'content-type': 'video/mp4' }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
    const creation = await create({ 'upload-length': '3', 'content-type': 'video/mp4' }, { body: 'abc' });
    expect(problemOf(creation)).toEqual([415, 'unsupported_media_type']);
  });

  test('another offset, and none', async () => {
    const place = await begin(6);
    await patch(place, 0, 'abc');
    for (const offset of [0, 2, 4, 7]) {
      const answer = await patch(place, offset, 'def');
      expect(problemOf(answer)).toEqual([409, 'upload_offset_mismatch']);
      expect(answer.headers.get('upload-offset')).toBe('3');
    }
    const none = await call('PATCH', place, { token: null, headers: { ...TUS, 'content-type': OCTETS }, body: 'def' });
    expect(problemOf(none)).toEqual([400, 'invalid_request']);
    expect((await head(place)).headers.get('upload-offset')).toBe('3');
  });

  test('more bytes than were told', async () => {
    const place = await begin(3);
    expect(problemOf(await patch(place, 0, 'abcd'))).toEqual([413, 'upload_too_large']);
    expect((await head(place)).headers.get('upload-offset')).toBe('0');
  });

  test('another length than was told', async () => {
    const place = await begin(3);
    expect(problemOf(await patch(place, 0, 'abc', { 'upload-length': '4' }))).toEqual([400, 'upload_length_mismatch']);
  });

  test('a body that the platform does not take, with the size of chunks to set', async () => {
    const place = await begin(200_000_000);
    const answer = await patch(place, 0, new Uint8Array(100_000_001));
    expect(problemOf(answer)).toEqual([413, 'body_too_large']);
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('50331648') });
  });

  test('bytes for a finished upload; the last request again is not', async () => {
    const place = await begin(3);
    await patch(place, 0, 'abc');
    expect(problemOf(await patch(place, 3, 'def'))).toEqual([403, 'upload_closed']);
    expect(problemOf(await patch(place, 0, 'abc'))).toEqual([409, 'upload_offset_mismatch']);
    expect((await patch(place, 3, '')).status).toBe(204);
    expect(problemOf(await call('DELETE', place, { token: null, headers: TUS }))).toEqual([403, 'upload_closed']);
  });

  test.each(['nothing', 'a'.repeat(42), 'A'.repeat(42)])('the URL of no upload: %s', async (name) => {
    expect((await head(`/v1/uploads/${name}`)).status).toBe(404);
    expect(problemOf(await patch(`/v1/uploads/${name}`, 0, 'abc'))).toEqual([404, 'upload_not_found']);
  });

  test('an id instead of the URL', async () => {
    const place = await begin(3);
    expect(problemOf(await patch(`/v1/uploads/${idOf(place)}`, 0, 'abc'))).toEqual([404, 'upload_not_found']);
    const other = place.slice(0, -1) + (place.endsWith('0') ? '1' : '0');
    expect(problemOf(await patch(other, 0, 'abc'))).toEqual([404, 'upload_not_found']);
  });

  test('names are cleaned', async () => {
    const names = ['C:\\films\\a.mp4', '..', 'a\u0000b\u001b[2J\u202e.mp4', '', `${'ü'.repeat(500)}.mp4`, base64('x')];
    const shown = [];
    for (const filename of names) {
      const { fileName } = (await read(await begin(3, { 'upload-metadata': metadata({ filename }) }))) as {
        fileName?: unknown;
      };
      shown.push(fileName);
    }
    expect(shown).toEqual(['a.mp4', 'source', 'a b [2J .mp4', 'source', 'ü'.repeat(100), base64('x')]);
  });
});
