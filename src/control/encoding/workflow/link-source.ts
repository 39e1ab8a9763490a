/** Keeps one copy of files that are the same: a source that is there already is linked. */

import { findTwin, type HashedSource, linkSource, noteSourceHash } from '../../../catalog/source-hashes.ts';
import type { Bindings } from '../../../platform/bindings.ts';

/** Once the version is published: until then its tasks read the source under its own key. Safe to repeat. */
export async function linkSameSource(env: Pick<Bindings, 'CATALOG' | 'MEDIA'>, source: HashedSource): Promise<void> {
  const { CATALOG, MEDIA } = env;
  await noteSourceHash(CATALOG, source);
  const twin = await findTwin(CATALOG, source);
  if (twin !== null && (await MEDIA.head(twin))?.size === source.sizeBytes) {
    await linkSource(CATALOG, source.key, twin);
  }
}
