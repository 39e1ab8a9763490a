/** A bucket that fails, that loses its answers, and that stays away. */
import { env, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, test, vi } from 'vitest';
import { FORGET_AFTER_MS } from '../../../../../src/control/uploads/session/limits.ts';
import { bytesOf, expectStored, MIB, newUpload, type Upload } from './session-fixture.ts';

const bucket: R2Bucket = Object.getPrototypeOf(env.MEDIA);
const multipart: R2MultipartUpload = Object.getPrototypeOf(env.MEDIA.resumeMultipartUpload('key', 'id'));
const DOWN = new Error('R2 is away');

afterEach(() => {
  vi.restoreAllMocks();
});

const alarmOf = ({ object }: Upload) => runInDurableObject(object, (_, { storage }) => storage.getAlarm());

test('an alarm stores what could not be stored at the end', async () => {
  const upload = newUpload({ length: 5 });
  vi.spyOn(bucket, 'put').mockRejectedValueOnce(DOWN).mockRejectedValueOnce(DOWN);
  expect(await upload.append(0, 'hello')).toEqual({ offset: 5, length: 5, isStored: false });
  expect(await upload.append(5, null)).toMatchObject({ offset: 5, refused: 'ended' });
  await runDurableObjectAlarm(upload.object);
  expect((await upload.status()).isStored).toBe(false);
  await runDurableObjectAlarm(upload.object);
  expect((await upload.status()).isStored).toBe(true);
  await expectStored(upload, new TextEncoder().encode('hello'));
  expect(await alarmOf(upload)).toBeGreaterThan(Date.now() + FORGET_AFTER_MS / 2);
});

test('the answer to storing it is lost: it is found to be there', async () => {
  const upload = newUpload({ length: 5 });
  const put = bucket.put;
  vi.spyOn(bucket, 'put').mockImplementation(async function (this: R2Bucket, ...args: Parameters<R2Bucket['put']>) {
    await put.apply(this, args);
    throw DOWN;
  } as typeof put);
  expect((await upload.append(0, 'hello')).isStored).toBe(true);
});

test('a part that fails is stored again, and reading waits for a bucket that is away', async () => {
  const film = bytesOf(34 * MIB);
  const upload = newUpload({ length: film.length });
  const uploadPart = vi.spyOn(multipart, 'uploadPart').mockRejectedValue(DOWN);
  await expect(upload.append(0, film)).rejects.toThrow('R2 is away');
  const { offset } = await upload.status();
  expect(offset).toBe(32 * MIB);
  uploadPart.mockRestore();
  vi.spyOn(multipart, 'uploadPart').mockRejectedValueOnce(DOWN);
  const complete = multipart.complete;
  vi.spyOn(multipart, 'complete').mockImplementation(async function (this: R2MultipartUpload, parts) {
    await complete.call(this, parts);
    throw DOWN;
  });
  expect((await upload.append(offset, film.slice(offset))).offset).toBe(film.length);
  await vi.waitUntil(async () => (await upload.status()).isStored, { timeout: 30_000 });
  await expectStored(upload, film);
});
