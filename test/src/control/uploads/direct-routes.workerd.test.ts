/** Direct uploads, with the parts put by the binding: the S3 endpoint has a test in test/e2e. */
import { env } from 'cloudflare:workers';
import { AwsV4Signer } from 'aws4fetch';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { app } from '../../../../src/app.ts';
import { findUpload } from '../../../../src/catalog/uploads.ts';
import { discardDirect } from '../../../../src/control/uploads/direct-upload.ts';
import { call, problemOf } from '../../http/client.ts';

const PART_BYTES = 16 * 1024 ** 2;
/** The least that R2 takes of parts before the last. */
const SMALL_PART = new Uint8Array(5 * 1024 ** 2);

const createdSchema = z.strictObject({
  id: z.string(),
  partBytes: z.literal(PART_BYTES),
  partCount: z.int().nullable(),
  expiresAt: z.iso.datetime(),
});

async function create(json: object) {
  const answer = await call('POST', '/v1/uploads/direct', { json: { filename: 'Film.mp4', ...json } });
  expect(answer.status).toBe(201);
  return createdSchema.parse(answer.body);
}

async function rowOf(id: string) {
  const row = await findUpload(env.CATALOG, id);
  if (row?.multipart_id == null) {
    throw new Error(`no direct upload ${id}`);
  }
  return { ...row, multipart_id: row.multipart_id };
}

/** As clients do by the URLs. */
async function sendParts(id: string, bodies: readonly (string | Uint8Array)[]) {
  const { key, multipart_id } = await rowOf(id);
  const upload = env.MEDIA.resumeMultipartUpload(key, multipart_id);
  const sent = await Promise.all(bodies.map((body, index) => upload.uploadPart(index + 1, body)));
  return sent.map(({ partNumber, etag }) => ({ number: partNumber, etag: `"${etag}"` }));
}

const complete = (id: string, parts: unknown) => call('POST', `/v1/uploads/direct/${id}/complete`, { json: { parts } });

const sign = (id: string, numbers: number[]) => call('POST', `/v1/uploads/direct/${id}/parts`, { json: { numbers } });

describe('a direct upload', () => {
  test('becomes a source, once, however often it is completed', async () => {
    const { id, partCount } = await create({ filename: '../a/Film é.mp4', length: 4, contentType: 'video/mp4' });
    expect(partCount).toBe(1);
    const parts = await sendParts(id, ['film']);
    const answers = await Promise.all([complete(id, parts), complete(id, parts)]);
    answers.push(await complete(id, parts));
    for (const { status, body } of answers) {
      expect([status, body]).toMatchObject([200, { id, kind: 'direct', state: 'finished', lengthBytes: 4 }]);
    }
    const { key, file_name } = await rowOf(id);
    expect([key, file_name]).toEqual([`sources/${id}/Film-.mp4`, 'Film é.mp4']);
    const object = await env.MEDIA.get(key);
    expect([await object?.text(), object?.httpMetadata?.contentType]).toEqual(['film', 'video/mp4']);
  });

  test('becomes the asset that was described', async () => {
    const { id } = await create({ asset: { title: 'My film', policy: 'public' }, creatorId: 'ann' });
    const { body } = await complete(id, await sendParts(id, ['film']));
    expect(body).toMatchObject({ state: 'finished', creatorId: 'ann', asset: expect.any(String) });
    const asset = await call('GET', `/v1/assets/${z.looseObject({ asset: z.string() }).parse(body).asset}`);
    expect(asset.body).toMatchObject({ title: 'My film', policy: 'public' });
  });

  test('whose answer was lost after R2 had made the object is finished by the next call', async () => {
    const { id } = await create({ length: 4 });
    const parts = await sendParts(id, ['film']);
    const { key, multipart_id } = await rowOf(id);
    const taken = parts.map(({ number, etag }) => ({ partNumber: number, etag: etag.slice(1, -1) }));
    await env.MEDIA.resumeMultipartUpload(key, multipart_id).complete(taken);
    expect((await complete(id, parts)).body).toMatchObject({ state: 'finished', lengthBytes: 4 });
  });
});

describe('URLs of parts', () => {
  test('are signed for this part of this upload alone', async () => {
    const { id, partCount, expiresAt } = await create({ length: PART_BYTES + 1 });
    expect(partCount).toBe(2);
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] });
    const { status, body } = await sign(id, [2, 1]).finally(() => vi.useRealTimers());
    expect(status).toBe(200);
    const { parts } = z.object({ parts: z.array(z.object({ number: z.int(), url: z.string() })) }).parse(body);
    expect(parts.map(({ number }) => number)).toEqual([2, 1]);
    const url = new URL(parts[0]?.url ?? '');
    const { key, multipart_id, expires_at } = await rowOf(id);
    expect(`${url.origin}${url.pathname}`).toBe(`https://account.r2.example/sluice-media/${key}`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      partNumber: '2',
      uploadId: multipart_id,
      'X-Amz-Expires': '3600',
    });
    // The upload lives on while URLs are asked for.
    expect(expires_at).toBeGreaterThan(Date.parse(expiresAt));

    // What the endpoint computes: any other method, key, number or upload has another signature.
    const signatureOf = async (method: string, change: (url: URL) => void) => {
      const other = new URL(url);
      other.searchParams.delete('X-Amz-Signature');
      change(other);
      const signer = new AwsV4Signer({
        ...{ url: other.href, method, service: 's3', region: 'auto', signQuery: true },
        ...{ accessKeyId: 'access-key-of-tests', secretAccessKey: 'secret-access-key-of-tests-0123456789' },
        datetime: url.searchParams.get('X-Amz-Date') ?? '',
      });
      return (await signer.sign()).url.searchParams.get('X-Amz-Signature');
    };
    const signature = url.searchParams.get('X-Amz-Signature');
    expect(await signatureOf('PUT', () => {})).toBe(signature);
    const others = await Promise.all([
      signatureOf('POST', () => {}),
      signatureOf('PUT', (other) => other.searchParams.set('partNumber', '3')),
      signatureOf('PUT', (other) => other.searchParams.delete('partNumber')),
      signatureOf('PUT', (other) => Object.assign(other, { pathname: `${other.pathname}x` })),
    ]);
    expect(others).not.toContain(signature);
  });

  test('are refused for parts that the upload does not have, and more at once than a call gives', async () => {
    const { id } = await create({ length: PART_BYTES });
    expect(problemOf(await sign(id, [2]))).toEqual([400, 'invalid_request']);
    expect(
      problemOf(
        await sign(
          id,
          Array.from({ length: 101 }, () => 1),
        ),
      ),
    ).toEqual([400, 'invalid_request']);
  });
});

describe('what does not fit is refused', () => {
  test.each<[string, object, [number, string]]>([
    ['more than all parts hold', { length: 10_000 * PART_BYTES + 1 }, [413, 'upload_too_large']],
    ['no bytes', { length: 0 }, [400, 'invalid_request']],
    ['an asset with a source', { asset: { source: { object: 'sources/a' } } }, [400, 'invalid_request']],
    ['an unknown field', { key: 'sources/other' }, [400, 'invalid_request']],
  ])('%s', async (_, json, problem) => {
    const answer = await call('POST', '/v1/uploads/direct', { json: { filename: 'a', ...json } });
    expect(problemOf(answer)).toEqual(problem);
  });

  test('parts that were not sent, or are too small: they can be sent again', async () => {
    const { id } = await create({});
    const parts = await sendParts(id, ['film', 'film']);
    expect(problemOf(await complete(id, parts))).toEqual([422, 'upload_parts_refused']);
    const [first] = parts;
    expect(problemOf(await complete(id, [first, { number: 2, etag: 'other' }]))).toEqual([422, 'upload_parts_refused']);
    for (const gap of [[{ ...first, number: 2 }], [first, first], []]) {
      expect(problemOf(await complete(id, gap))).toEqual([400, 'invalid_request']);
    }
    expect((await complete(id, await sendParts(id, [SMALL_PART, 'end']))).body).toMatchObject({
      state: 'finished',
      lengthBytes: SMALL_PART.byteLength + 3,
    });
  });

  test('another length than was said: nothing of it stays', async () => {
    const { id } = await create({ length: 5 });
    const parts = await sendParts(id, ['film']);
    expect(problemOf(await complete(id, parts))).toEqual([400, 'upload_length_mismatch']);
    const { key, state, error_code } = await rowOf(id);
    expect([state, error_code, await env.MEDIA.head(key)]).toEqual(['failed', 'upload_length_mismatch', null]);
    expect(problemOf(await complete(id, parts))).toEqual([403, 'upload_closed']);
  });

  test('an upload that is unknown, of another kind, finished or given up', async () => {
    expect(problemOf(await sign('0123456789abcdef', [1]))).toEqual([404, 'upload_not_found']);
    const { id } = await create({});
    await env.CATALOG.prepare(`UPDATE uploads SET kind = 'file' WHERE id = ?`).bind(id).run();
    expect(problemOf(await sign(id, [1]))).toEqual([404, 'upload_not_found']);
    await env.CATALOG.prepare(`UPDATE uploads SET kind = 'direct', state = 'expired' WHERE id = ?`).bind(id).run();
    expect(problemOf(await sign(id, [1]))).toEqual([410, 'upload_gone']);
    await env.CATALOG.prepare(`UPDATE uploads SET state = 'finished' WHERE id = ?`).bind(id).run();
    expect(problemOf(await sign(id, [1]))).toEqual([403, 'upload_closed']);
  });

  test('all of them, where the Worker has no key pair', async () => {
    const request = new Request('https://sluice.example/v1/uploads/direct', {
      method: 'POST',
      headers: { authorization: `Bearer ${env.API_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ filename: 'a' }),
    });
    const answer = await app.fetch(request, { ...env, S3_BUCKET: '', S3_SECRET_ACCESS_KEY: undefined } as never);
    expect([answer.status, await answer.json()]).toMatchObject([
      501,
      { code: 'direct_unavailable', detail: 'The Worker lacks S3_BUCKET, S3_SECRET_ACCESS_KEY' },
    ]);
  });
});

test('discarding takes the parts, and leaves a finished upload as it is', async () => {
  const [open, done] = [await create({}), await create({})];
  const parts = await sendParts(open.id, ['film']);
  await complete(done.id, await sendParts(done.id, ['film']));
  for (const { id } of [open, done, open]) {
    await discardDirect(env, await rowOf(id));
  }
  expect(problemOf(await complete(open.id, parts))).toEqual([422, 'upload_parts_refused']);
  expect(await env.MEDIA.head((await rowOf(done.id)).key)).not.toBeNull();
});
