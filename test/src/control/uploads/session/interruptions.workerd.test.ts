/** What is left of a body that is cut, of an object that is evicted, and of two writers. */
import { evictDurableObject } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { bytesOf, expectStored, MIB, newUpload, openBody } from './session-fixture.ts';

const FILM = bytesOf(4 * MIB + 777);

test('a cut keeps what was received', async () => {
  const upload = newUpload({ length: FILM.length });
  const body = openBody();
  const appended = upload.append(0, body.body);
  await body.send(FILM.slice(0, 3 * MIB));
  await body.cut();
  await appended.catch(() => {});
  const { offset } = await upload.status();
  expect(offset).toBeGreaterThan(3 * MIB - 64 * 1024);
  expect(offset).toBeLessThanOrEqual(3 * MIB);
  await evictDurableObject(upload.object);
  await upload.append(offset, FILM.slice(offset));
  await expectStored(upload, FILM);
});

test('to ask for the offset ends the writer that is there, and keeps what it sent', async () => {
  const upload = newUpload({ length: FILM.length });
  const body = openBody();
  const appended = upload.append(0, body.body);
  await body.send(FILM.slice(0, MIB));
  const { offset } = await upload.status();
  expect(offset).toBe(MIB);
  expect(await appended).toEqual({ offset, length: FILM.length, isStored: false, refused: 'busy' });
  await body.cut();
  expect((await upload.append(offset, FILM.slice(offset))).isStored).toBe(true);
  await expectStored(upload, FILM);
});

test('to ask for the progress leaves the writer alone', async () => {
  const upload = newUpload({ length: FILM.length });
  const body = openBody();
  const appended = upload.append(0, body.body);
  await body.send(FILM.slice(0, 2 * MIB));
  await vi.waitUntil(async () => (await upload.object.progress(upload.facts)).offset >= MIB);
  await body.send(FILM.slice(2 * MIB));
  await body.end();
  expect(await appended).toEqual({ offset: FILM.length, length: FILM.length, isStored: true });
});

test('of many writers at once the newest is served', async () => {
  const upload = newUpload({ length: FILM.length });
  const bodies = Array.from({ length: 4 }, () => openBody());
  const appended = bodies.map(({ body }) => upload.append(0, body));
  const newest = upload.append(0, FILM);
  const results = await Promise.all(appended);
  expect(results.map(({ refused }) => refused)).toEqual(['busy', 'busy', 'busy', 'busy']);
  expect(await newest).toEqual({ offset: FILM.length, length: FILM.length, isStored: true });
  await expectStored(upload, FILM);
});

test('a body with a checksum counts as a whole or not at all', async () => {
  const upload = newUpload({ length: FILM.length });
  await upload.append(0, FILM.slice(0, 1000));
  const rest = FILM.slice(1000);
  const digest = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-1', rest))));
  const checksum = { algorithm: 'sha1', digest } as const;
  const wrong = await upload.append(
    1000,
    rest.map((byte) => byte ^ 1),
    { checksum },
  );
  expect(wrong).toEqual({ offset: 1000, length: FILM.length, isStored: false, refused: 'checksum_mismatch' });
  const body = openBody();
  const cut = upload.append(1000, body.body, { checksum });
  await body.send(rest.slice(0, 2 * MIB));
  await body.cut();
  await cut.catch(() => {});
  expect((await upload.status()).offset).toBe(1000);
  await evictDurableObject(upload.object);
  expect((await upload.append(1000, rest, { checksum })).isStored).toBe(true);
  await expectStored(upload, FILM);
});
