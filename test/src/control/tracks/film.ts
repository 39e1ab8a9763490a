/** A published film of 9.5 s, without an encode. */
import { env } from 'cloudflare:workers';
import { createAsset } from '../../../../src/catalog/assets.ts';
import { markEncoding } from '../../../../src/catalog/job-progress.ts';
import { publishRevision } from '../../../../src/control/encoding/publish/publish.ts';
import { currentKey, presentationKey } from '../../../../src/media/keys.ts';
import { type Presentation, parsePresentation, type Unnumbered } from '../../../../src/media/presentation.ts';
import { presentation } from '../../media/manifest/fixture.ts';

let films = 0;

/** An asset whose job is running. */
export async function newFilm() {
  films += 1;
  const assetId = `film${films}`;
  const job = { assetId, version: 'ver1', jobId: `${assetId}-job` };
  const source = { sourceKey: `sources/${assetId}/film.mp4`, sourceUrl: null };
  const asset = { id: assetId, title: assetId, policy: 'public', prewarm: false, ...source } as const;
  await createAsset(env.CATALOG, asset, { id: job.jobId, assetId, version: job.version }, Date.now());
  await markEncoding(env.CATALOG, job, Date.now());
  return job;
}
export type Film = Awaited<ReturnType<typeof newFilm>>;

export function builtFilm({ assetId, version }: Film): Unnumbered {
  const { revision: _, ...built } = presentation(assetId);
  return { ...built, version };
}

/** Three renditions; English, and German beside it. */
export async function publishedFilm(change: Partial<Unnumbered> = {}): Promise<Film> {
  const film = await newFilm();
  await publishRevision(env, film, 'full', [], () => ({ ...builtFilm(film), ...change }));
  return film;
}

/** What new sessions get. */
export async function playing({ assetId }: Film): Promise<Presentation> {
  const current = await (await env.MEDIA.get(currentKey(assetId)))?.json<{ version: string; revision: number }>();
  const key = presentationKey({ assetId, version: current?.version ?? '' }, current?.revision ?? 0);
  return parsePresentation((await (await env.MEDIA.get(key))?.text()) ?? '');
}
