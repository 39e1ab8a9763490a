/** An asset as it is asked for → its row in the catalog. Pure. */

import type { NewAsset } from '../../catalog/assets.ts';
import { sourceKey } from '../../media/keys.ts';
import { optionsJson } from '../../protocol/encode-options.ts';
import { detailColumns } from '../resources/asset-details.ts';
import type { AssetInput } from '../resources/schemas.ts';
import type { LocatedSource } from '../sources/locate-source.ts';

/** A source's name in the bucket. Without its ending, it is the title of an asset that was given none. */
export function fileNameOf(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  const safe = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  return safe.slice(0, 120) || 'source';
}

export const titleOf = (fileName: string): string => fileName.replace(/\.[A-Za-z0-9]{1,5}$/, '');

type Range = { start?: number | undefined; end?: number | undefined };

export function newAsset(id: string, input: AssetInput, source: LocatedSource, { start, end }: Range = {}): NewAsset {
  const { title, policy, prewarm, audio, encode } = input;
  const fileName = fileNameOf('url' in source ? new URL(source.url).pathname : source.object);
  return {
    id,
    title: title ?? titleOf(fileName),
    policy,
    prewarm,
    sourceKey: 'object' in source ? source.object : sourceKey(id, fileName),
    sourceUrl: 'url' in source ? source.url : null,
    options: optionsJson({ start, end, audio, encode, maxSeconds: 'object' in source ? source.maxSeconds : undefined }),
    details: detailColumns({ ...('object' in source ? { creatorId: source.creatorId } : {}), ...input }),
  };
}
