/** When an asset plays and when it goes, as far as the control plane sees to it. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { findAsset } from '../../../../src/catalog/assets.ts';
import { setCurrentVersion, writeCurrent } from '../../../../src/catalog/job-progress.ts';
import { sweepDeletions } from '../../../../src/control/assets/delete-asset.ts';
import { currentKey } from '../../../../src/media/keys.ts';
import { call, createAsset, problemOf } from '../../http/client.ts';

const PUBLISH = '2030-01-01T00:00:00.000Z';
const UNPUBLISH = '2031-01-01T00:00:00.000Z';
const DELETE = '2030-06-01T00:00:00.000Z';

const readCurrent = async (id: string): Promise<unknown> => (await env.MEDIA.get(currentKey(id)))?.json();
const patch = (id: string, json: unknown) => call('PATCH', `/v1/assets/${id}`, { json });

async function publish(id: string): Promise<void> {
  const facts = { version: 'ver1', jobId: 'job1', revision: 1, base: null, durationSeconds: 10, width: 2, height: 1 };
  await setCurrentVersion(env.CATALOG, { assetId: id, ...facts }, Date.now());
  await writeCurrent(env.CATALOG, env.MEDIA, id);
}

test('current.json says from when until when, also where it is deleted before it ends', async () => {
  const { id } = await createAsset('timed', { publishAt: PUBLISH });
  await publish(id);
  const current = { version: 'ver1', revision: 1, policy: 'signed', disabled: false };
  const publishAt = Date.parse(PUBLISH);
  expect(await readCurrent(id)).toEqual({ ...current, publishAt });
  await patch(id, { unpublishAt: UNPUBLISH });
  expect(await readCurrent(id)).toEqual({ ...current, publishAt, unpublishAt: Date.parse(UNPUBLISH) });
  await patch(id, { deleteAt: DELETE });
  expect(await readCurrent(id)).toEqual({ ...current, publishAt, unpublishAt: Date.parse(DELETE) });
  await patch(id, { publishAt: null, unpublishAt: null, deleteAt: null });
  expect(await readCurrent(id)).toEqual(current);
});

test('the sweep deletes what is due, with its event, and nothing else', async () => {
  const [due, later, never] = [
    await createAsset('due', { deleteAt: new Date(Date.now() + 60_000).toISOString() }),
    await createAsset('later', { deleteAt: '9000-01-01T00:00:00Z' }),
    await createAsset('never'),
  ];
  await publish(due.id);
  await sweepDeletions(env, Date.now() + 60_000);
  expect(await findAsset(env.CATALOG, due.id)).not.toBeNull();
  await sweepDeletions(env, Date.now() + 75_000);
  expect(await findAsset(env.CATALOG, due.id)).toBeNull();
  expect(await readCurrent(due.id)).toBeUndefined();
  expect((await call('GET', `/v1/events?asset=${due.id}&limit=1`)).body).toMatchObject({
    events: [{ type: 'asset.deleted' }],
  });
  expect(await findAsset(env.CATALOG, later.id)).not.toBeNull();
  expect(await findAsset(env.CATALOG, never.id)).not.toBeNull();
});

test('an asset whose time to be deleted has come is changed no more: the sweep may be at it', async () => {
  const { id } = await createAsset('gone', { deleteAt: '2026-01-01T00:00:00Z' });
  expect(problemOf(await patch(id, { deleteAt: null }))).toEqual([404, 'asset_not_found']);
  expect(await findAsset(env.CATALOG, id)).toMatchObject({ delete_at: Date.parse('2026-01-01T00:00:00Z') });
});
