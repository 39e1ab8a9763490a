/** Lengths that come late, that are false, and what goes beyond them. */
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { bytesOf, expectStored, MIB, newUpload, openBody } from './session-fixture.ts';

test('the length may come with a later body', async () => {
  const upload = newUpload();
  expect(await upload.append(0, 'hel')).toEqual({ offset: 3, length: null, isStored: false });
  expect(await upload.append(3, 'l', { length: 5 })).toEqual({ offset: 4, length: 5, isStored: false });
  expect(await upload.append(4, 'o', { length: 6 })).toMatchObject({
    offset: 4,
    length: 5,
    refused: 'length_mismatch',
  });
  expect(await upload.append(4, 'o')).toEqual({ offset: 5, length: 5, isStored: true });
});

test('the length may be that of what has come', async () => {
  const upload = newUpload();
  await upload.append(0, 'hello');
  expect(await upload.append(5, null, { length: 5 })).toEqual({ offset: 5, length: 5, isStored: true });
});

test('the last body of unknown length ends the upload', async () => {
  const upload = newUpload();
  const body = openBody();
  const appended = upload.append(0, body.body, { isLast: true });
  await body.send(new TextEncoder().encode('hello'));
  await body.end();
  expect(await appended).toEqual({ offset: 5, length: 5, isStored: true });
  await expectStored(upload, new TextEncoder().encode('hello'));
});

test('a last body whose writer is replaced was not the last', async () => {
  const upload = newUpload();
  const body = openBody();
  const appended = upload.append(0, body.body, { isLast: true });
  await body.send(bytesOf(MIB));
  expect(await upload.status()).toEqual({ offset: MIB, length: null, isStored: false });
  expect((await appended).refused).toBe('busy');
  await body.cut();
});

test('nothing of a body is stored that claims more than the length', async () => {
  const upload = newUpload({ length: 4 });
  expect(await upload.append(0, 'hello')).toEqual({ offset: 0, length: 4, isStored: false, refused: 'too_large' });
});

test('of a body that claims nothing, what is not beyond the limit counts, without its last row', async () => {
  const upload = newUpload({ maxBytes: 2 * MIB + 5 });
  const body = openBody();
  const appended = upload.append(0, body.body);
  await body.send(bytesOf(2 * MIB + 6)).catch(() => {});
  await body.end().catch(() => {});
  expect(await appended).toMatchObject({ offset: 2 * MIB, refused: 'too_large' });
});

test('an upload that is discarded leaves nothing, and takes nothing', async () => {
  const upload = newUpload({ length: 20 * MIB });
  await upload.append(0, bytesOf(MIB));
  await upload.object.discard();
  await upload.object.discard();
  await runInDurableObject(upload.object, async (_, { storage }) => {
    expect(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'rows'").toArray()).toEqual([]);
    expect(await storage.getAlarm()).toBeNull();
  });
  expect(await upload.append(0, 'hello')).toMatchObject({ offset: 0, refused: 'ended' });
});
