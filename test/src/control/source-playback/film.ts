/** Sources that play as they are, small enough for tests, and the Worker with stores that count, fail or die. */
import { env } from 'cloudflare:workers';
import { createAsset } from '../../../../src/catalog/assets.ts';
import type { JobRef } from '../../../../src/catalog/job-progress.ts';
import { readStandardSource } from '../../../../src/media/source/read-movie.ts';
import type { Bindings } from '../../../../src/platform/bindings.ts';
import { type MovieOptions, movieIndex, movieSizeBytes } from '../../../system/movie-index.ts';

const FTYP = [0, 0, 0, 32, ...Buffer.from('ftypisom'), 0, 0, 2, 0, ...Buffer.from('isomiso2avc1mp41')];
const MEDIA_START = 48;

/** `idr`: false for a film that begins with a picture that is no IDR picture. `indexFirst`: as players like it. */
type FilmOptions = { seconds?: number; indexFirst?: boolean; idr?: boolean; frameBytes?: number; withSound?: boolean };

/** A whole file, whose media data is empty but for the beginnings of its first and last key frame. */
export function film(wanted: FilmOptions = {}): Uint8Array {
  const { seconds = 20, indexFirst = false, idr = true, frameBytes = 200, withSound = true } = wanted;
  const options: MovieOptions = { seconds, frameBytes, withSound };
  const indexBytes = movieIndex(options).byteLength;
  const mediaStart = indexFirst ? 32 + indexBytes + 16 : MEDIA_START;
  const moov = movieIndex({ ...options, mediaStart });
  const mediaEnd = movieSizeBytes({ ...options, mediaStart });
  const file = new Uint8Array(indexFirst ? mediaEnd : mediaEnd + moov.byteLength);
  file.set(FTYP);
  file.set(moov, indexFirst ? 32 : mediaEnd);
  const header = new DataView(file.buffer, mediaStart - 16);
  header.setUint32(0, 1);
  header.setUint32(4, 0x6d646174);
  header.setBigUint64(8, BigInt(mediaEnd - mediaStart + 16));
  const view = new DataView(file.buffer);
  for (const { offset, length } of readStandardSource(moov, file.byteLength).keySamples) {
    // One NAL unit, as long as the picture.
    view.setUint32(offset, length - 4);
    view.setUint8(offset + 4, idr ? 0x65 : 0x41);
  }
  return file;
}

/** Its index is larger than what is read at first. */
export const longFilm = (): Uint8Array => film({ seconds: 3600, frameBytes: 20, withSound: false });

let films = 0;

/** An asset of a file that is in the bucket, before anything of its job was done. */
export async function filmed(bytes: Uint8Array | string = film(), options: object | null = null): Promise<JobRef> {
  films += 1;
  const id = `film${films}`;
  const job = { assetId: id, version: 'ver1', jobId: `${id}-job` };
  await env.MEDIA.put(keyOf(job), bytes);
  const source = { sourceKey: keyOf(job), sourceUrl: null };
  await createAsset(
    env.CATALOG,
    { id, title: id, policy: 'public', prewarm: false, ...source, options: options && JSON.stringify(options) },
    { id: job.jobId, assetId: id, version: job.version },
    Date.now(),
  );
  return job;
}

export const keyOf = ({ assetId }: Pick<JobRef, 'assetId'>): string => `sources/${assetId}/film.mp4`;

export const eventsOf = async (assetId: string): Promise<unknown[]> => {
  const select = env.CATALOG.prepare('SELECT type FROM events WHERE asset_id = ?1 ORDER BY sequence');
  return (await select.bind(assetId).all()).results.map(({ type }) => type);
};

export const objectsOf = async ({ assetId, version }: JobRef): Promise<string[]> => {
  const prefix = `assets/${assetId}/`;
  const keys = (await env.MEDIA.list({ prefix })).objects.map(({ key }) => key.slice(prefix.length));
  return keys.map((key) => key.replace(`${version}/`, '')).sort();
};

type Act = (method: string, run: () => Promise<unknown>) => Promise<unknown>;

/** Every call of a method of the bucket, or of `batch` of the catalog, goes through `act`. */
export function through(act: Act): Bindings & Pick<typeof env, 'METRICS'> {
  const wrap = <Store extends object>(store: Store, methods: readonly string[]): Store =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') {
          return member;
        }
        return methods.includes(String(name))
          ? (...args: unknown[]) => act(String(name), async () => Reflect.apply(member, target, args))
          : member.bind(target);
      },
    });
  return { ...env, MEDIA: wrap(env.MEDIA, ['get', 'put', 'head', 'delete']), CATALOG: wrap(env.CATALOG, ['batch']) };
}

const WRITES = new Set(['put', 'batch']);

/** The Worker of which write number `dies` does not take place, or takes place and is not heard of. */
export function dying(dies: number, when: 'before' | 'after') {
  const state = { writes: 0 };
  const bindings = through(async (method, run) => {
    state.writes += WRITES.has(method) ? 1 : 0;
    if (!WRITES.has(method) || state.writes !== dies) {
      return await run();
    }
    if (when === 'after') {
      await run();
    }
    throw new Error('the Worker died');
  });
  return Object.assign(state, bindings);
}
