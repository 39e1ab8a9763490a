/** What a caller names as a source, before anything is made of it. */
import { findUpload } from '../../catalog/uploads.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { refusedHost } from '../../platform/public-hosts.ts';

/** Throws `unavailable`. */
export const findObject = (env: Pick<Bindings, 'MEDIA'>, key: string): Promise<R2Object | null> =>
  env.MEDIA.head(key).catch((cause: unknown) => {
    throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
  });

/** Where a source is: in the bucket, or at a URL from which it is pulled. `maxSeconds`: a longer film is refused. */
export type LocatedSource = { url: string } | { object: string; maxSeconds?: number | undefined };

/** What `locateSource` throws. */
export const SOURCE_ERRORS = [
  ...(['source_refused', 'source_not_found', 'upload_unfinished', 'unavailable'] as const),
] as const;

/** Throws AppError with one of SOURCE_ERRORS. */
export async function locateSource(env: Bindings, source: LocatedSource | { upload: string }): Promise<LocatedSource> {
  if ('url' in source) {
    const refused = refusedHost(source.url, configOf(env).SOURCE_LOOPBACK === 'on');
    if (refused !== null) {
      throw new AppError('source_refused', { detail: `It may not be read from there: ${refused}` });
    }
    return { url: source.url };
  }
  const located = 'upload' in source ? await objectOfUpload(env, source.upload) : { object: source.object };
  if ((await findObject(env, located.object)) === null) {
    throw new AppError('source_not_found', { detail: `There is no object ${located.object}` });
  }
  return located;
}

async function objectOfUpload({ CATALOG }: Pick<Bindings, 'CATALOG'>, id: string) {
  const upload = await findUpload(CATALOG, id);
  if (upload === null || upload.kind === 'part' || (upload.state !== 'open' && upload.state !== 'finished')) {
    throw new AppError('source_not_found', { detail: `There is no upload ${id}, or it was not finished in time` });
  }
  if (upload.state === 'open') {
    throw new AppError('upload_unfinished');
  }
  return { object: upload.key, maxSeconds: upload.max_seconds ?? undefined };
}
