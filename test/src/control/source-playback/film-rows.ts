/** A film that plays from its source, by its rows alone: no bytes are read. */
import { env } from 'cloudflare:workers';
import { findLatestJob, jobRefOf } from '../../../../src/catalog/assets.ts';
import { commitChange } from '../../../../src/catalog/event-log.ts';
import { markEncoding, markPartial, markReady, setCurrentVersion } from '../../../../src/catalog/job-progress.ts';
import type { JobRow } from '../../../../src/catalog/rows.ts';
import type { SourceLook } from '../../../../src/protocol/source-look.ts';
import { call, createAsset } from '../../http/client.ts';

export const LOOK: SourceLook = {
  ...{ standard: true, sizeBytes: 45_000_000, durationSeconds: 30, width: 1920, height: 1080, frameRate: 24 },
};

export async function latestJob(id: string): Promise<JobRow> {
  const job = await findLatestJob(env.CATALOG, id);
  if (job === null) {
    throw new Error(`${id} has no job`);
  }
  return job;
}

export const tellLook = (job: JobRow, look: SourceLook): Promise<unknown> =>
  env.CATALOG.prepare('UPDATE jobs SET look = ?2 WHERE id = ?1').bind(job.id, JSON.stringify(look)).run();

/** Its job goes on with the ladder, unless it `ends`. */
export async function playFromSource(id: string, ends: boolean): Promise<void> {
  const { CATALOG } = env;
  const job = await latestJob(id);
  const ref = jobRefOf(job);
  const nowMs = Date.now();
  await tellLook(job, LOOK);
  await markEncoding(CATALOG, ref, nowMs);
  const facts = { revision: 1, base: null, whole: ends, durationSeconds: 30, width: 1920, height: 1080 };
  await setCurrentVersion(CATALOG, { ...ref, ...facts }, nowMs);
  await commitChange(CATALOG, id, nowMs, [
    CATALOG.prepare('UPDATE assets SET from_source = 1, ready = ?2 WHERE id = ?1').bind(id, ends ? 'full' : 'partial'),
    CATALOG.prepare('UPDATE versions SET from_source = 1 WHERE asset_id = ?1').bind(id),
  ]);
  await (ends ? markReady : markPartial)(CATALOG, ref, nowMs);
}

/** Publishes what its latest job encodes. */
export async function publishLadder(id: string): Promise<void> {
  const { CATALOG } = env;
  const ref = jobRefOf(await latestJob(id));
  await markEncoding(CATALOG, ref, Date.now());
  const base = await CATALOG.prepare('SELECT revision FROM versions WHERE asset_id = ?1 AND id = ?2')
    .bind(id, ref.version)
    .first<number>('revision');
  const facts = { revision: (base ?? 0) + 1, base, whole: true, durationSeconds: 30, width: 1920, height: 1080 };
  await setCurrentVersion(CATALOG, { ...ref, ...facts }, Date.now());
  await CATALOG.prepare('UPDATE assets SET from_source = NULL WHERE id = ?1').bind(id).run();
  await CATALOG.prepare('UPDATE versions SET from_source = NULL WHERE asset_id = ?1 AND id = ?2')
    .bind(id, ref.version)
    .run();
  await markReady(CATALOG, ref, Date.now());
}

/** The mode is given to it later: its bytes are no film, so that with `never` its job would fail. */
export async function newFilm(name: string, encode: string, input: object = {}): Promise<string> {
  const { id } = await createAsset(name, input);
  await call('PATCH', `/v1/assets/${id}`, { json: { encode } });
  await playFromSource(id, encode !== 'always');
  return id;
}
