/** Bytes that arrive whole: parts, lengths, ends. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { FORGET_AFTER_MS } from '../../../../../src/control/uploads/session/limits.ts';
import { bytesOf, expectStored, MIB, newUpload } from './session-fixture.ts';

const FILM = bytesOf(18 * MIB + 12_345);

test('an upload shorter than a part is one object, of its type', async () => {
  const upload = newUpload({ length: 5 });
  expect(await upload.append(0, 'hello')).toEqual({ offset: 5, length: 5, isStored: true });
  const object = await env.MEDIA.get(upload.facts.key);
  expect(await object?.text()).toBe('hello');
  expect(object?.httpMetadata?.contentType).toBe('video/mp4');
});

test('an upload of no bytes is an empty object', async () => {
  const upload = newUpload({ length: 0 });
  expect(await upload.append(0, null)).toEqual({ offset: 0, length: 0, isStored: true });
  await expectStored(upload, new Uint8Array(0));
});

test('a film arrives in bodies of any size, and the object is evicted between them', async () => {
  const upload = newUpload({ length: FILM.length });
  let offset = 0;
  for (const size of [1, MIB - 1, 7 * MIB + 3, FILM.length]) {
    const body = FILM.slice(offset, offset + size);
    const result = await upload.append(offset, body);
    offset += body.length;
    expect(result.offset).toBe(offset);
    await evictDurableObject(upload.object);
    expect((await upload.status()).offset).toBe(offset);
  }
  expect(await upload.status()).toEqual({ offset, length: offset, isStored: true });
  await expectStored(upload, FILM);
});

test('what is stored leaves one row, and nothing once it is forgotten', async () => {
  const upload = newUpload({ length: FILM.length });
  await upload.append(0, FILM);
  await runInDurableObject(upload.object, async (_, { storage }) => {
    for (const table of ['rows', 'parts', 'pieces']) {
      expect(storage.sql.exec(`SELECT * FROM ${table}`).toArray()).toEqual([]);
    }
    expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + FORGET_AFTER_MS / 2);
  });
  await runDurableObjectAlarm(upload.object);
  await runInDurableObject(upload.object, async (_, { storage }) => {
    expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('session', 'rows')").toArray()).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
  });
});
