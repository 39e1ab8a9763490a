/** A direct upload as a backend makes it: its parts go to the real S3 endpoint, by URLs that allow nothing else. */
import { randomBytes } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';

const { url, apiToken } = inject('shared');

async function post<Schema extends z.ZodType>(path: string, body: object, schema: Schema): Promise<z.output<Schema>> {
  const answer = await fetch(`${url}/v1/uploads/direct${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return schema.parse(await answer.json());
}

const createdSchema = z.object({ id: z.string(), partBytes: z.int(), partCount: z.int() });
const urlsSchema = z.object({ parts: z.array(z.object({ number: z.int(), url: z.string() })) });

test('parts are sent to the bucket by presigned URLs, which allow nothing else', async () => {
  const file = randomBytes(16 * 1024 ** 2 + 5);
  const { id, partBytes, partCount } = await post('', { filename: 'film.mp4', length: file.length }, createdSchema);
  const numbers = Array.from({ length: partCount }, (_, index) => index + 1);
  const { parts } = await post(`/${id}/parts`, { numbers }, urlsSchema);
  const [first = { url: '' }] = parts;

  const changed = (change: (to: URL) => void): string => {
    const to = new URL(first.url);
    change(to);
    return to.href;
  };
  const misuses: [method: string, to: string][] = [
    ['POST', first.url],
    ['POST', changed(({ searchParams }) => searchParams.delete('partNumber'))],
    ['GET', first.url],
    ['DELETE', first.url],
    ['PUT', changed(({ searchParams }) => searchParams.set('partNumber', '9'))],
    ['PUT', changed(({ searchParams }) => searchParams.delete('uploadId'))],
    ['PUT', changed((to) => Object.assign(to, { pathname: to.pathname.replace(id, 'other') }))],
  ];
  for (const [method, to] of misuses) {
    const answer = await fetch(to, { method, ...(method === 'PUT' || method === 'POST' ? { body: 'x' } : {}) });
    expect([method, to, answer.status]).toEqual([method, to, 403]);
  }

  const sent = await Promise.all(
    parts.map(async ({ number, url: to }) => {
      // As a browser's page does: without credentials of its own, with a type.
      const body = file.subarray((number - 1) * partBytes, number * partBytes);
      const headers = { 'content-type': 'application/octet-stream', origin: 'http://localhost:5173' };
      const answer = await fetch(to, { method: 'PUT', body, headers });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
      return { number, etag: answer.headers.get('etag') };
    }),
  );
  const complete = () => post(`/${id}/complete`, { parts: sent }, z.looseObject({ state: z.string() }));
  const finished = await complete();
  expect(finished).toMatchObject({ state: 'finished', lengthBytes: file.length, fileName: 'film.mp4' });
  // Its answer may get lost.
  expect(await complete()).toEqual(finished);
});
