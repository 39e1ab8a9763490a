/** Which object keys are of what never changes: the only ones that a cache may be asked for. Pure and strict. */

import { parseDeliveryPath } from './delivery-path.ts';
import { assetIdSchema, versionIdSchema } from './ids.ts';

const KEY = /^assets\/([^/]+)\/([^/]+)\/(.+)$/;
/** As `presentationKey` writes it. */
const PRESENTATION = /^presentation-[1-9][0-9]{0,8}\.json$/;

/** Segments, init segments, images and presentations. Never current.json, sources/ or edge/. */
export function isMediaKey(key: string): boolean {
  const [, asset, version, path = ''] = KEY.exec(key) ?? [];
  if (!assetIdSchema.safeParse(asset).success || !versionIdSchema.safeParse(version).success) {
    return false;
  }
  if (PRESENTATION.test(path)) {
    return true;
  }
  const target = parseDeliveryPath(path);
  // A URL may say by a map which attempt wrote a segment; a key says it in one way only.
  return target !== null && 'path' in target && target.path === path;
}
