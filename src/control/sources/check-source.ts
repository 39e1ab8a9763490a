/** What a caller names as a source, before anything is made of it. */
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { refusedHost } from '../../platform/public-hosts.ts';

/** Throws `unavailable`. */
export const findObject = (env: Pick<Bindings, 'MEDIA'>, key: string): Promise<R2Object | null> =>
  env.MEDIA.head(key).catch((cause: unknown) => {
    throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
  });

/** Throws `source_refused`, `source_not_found` or `unavailable`. */
export async function checkSource(
  env: Pick<Bindings, 'MEDIA'>,
  source: { url: string } | { object: string },
): Promise<void> {
  if ('url' in source) {
    const refused = refusedHost(source.url, configOf(env).SOURCE_LOOPBACK === 'on');
    if (refused !== null) {
      throw new AppError('source_refused', { detail: `It may not be read from there: ${refused}` });
    }
  } else if ((await findObject(env, source.object)) === null) {
    throw new AppError('source_not_found', { detail: `There is no object ${source.object}` });
  }
}
