/** What a caller names as a source, before anything is made of it. */
import { findUpload, type UploadRow } from '../../catalog/uploads.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { refusedHost } from '../../platform/public-hosts.ts';

/** Throws `unavailable`. */
export const findObject = (env: Pick<Bindings, 'MEDIA'>, key: string): Promise<R2Object | null> =>
  env.MEDIA.head(key).catch((cause: unknown) => {
    throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
  });

/** What an upload says of its film. `maxSeconds`: a longer one is refused. */
type OfUpload = { maxSeconds?: number | undefined; creatorId?: string | undefined };
/** Where a source is: in the bucket, or at a URL from which it is pulled. */
export type LocatedSource = { url: string } | ({ object: string } & OfUpload);

/** What `locateSource` throws. */
export const SOURCE_ERRORS = [
  ...(['source_refused', 'source_not_found', 'upload_unfinished', 'unavailable'] as const),
] as const;

export const sourceOfUpload = ({ key, max_seconds, creator_id }: UploadRow) => ({
  object: key,
  maxSeconds: max_seconds ?? undefined,
  creatorId: creator_id ?? undefined,
});

/** Throws AppError with one of SOURCE_ERRORS. */
export async function locateSource(env: Bindings, source: LocatedSource | { upload: string }): Promise<LocatedSource> {
  if ('url' in source) {
    const refused = refusedHost(source.url, configOf(env).SOURCE_LOOPBACK === 'on');
    if (refused !== null) {
      throw new AppError('source_refused', { detail: `It may not be read from there: ${refused}` });
    }
    return { url: source.url };
  }
  const located = 'upload' in source ? await objectOfUpload(env, source.upload) : source;
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
  return sourceOfUpload(upload);
}
