/** Changing one asset or many: the catalog in one transaction, then what follows from it. */

import { waitUntil } from 'cloudflare:workers';
import { type AssetChange, changeAssets, findAsset } from '../../catalog/assets.ts';
import { currentMirror } from '../../catalog/job-progress.ts';
import { writeMirrorOrRetry } from '../../catalog/mirror.ts';
import type { AssetRow } from '../../catalog/rows.ts';
import { AppError, invalidRequest } from '../../errors.ts';
import { newJobId, newVersionId } from '../../media/ids.ts';
import { inGroups } from '../../platform/at-once.ts';
import { withoutUndefined } from '../../platform/members.ts';
import { isPart, parseOptions, storedMode } from '../../protocol/encode-options.ts';
import { prewarmAsset } from '../encoding/publish/prewarm-asset.ts';
import { type SettleEnv, trySettleJob } from '../encoding/workflow/settle-jobs.ts';
import { detailColumns, NO_WINDOW } from '../resources/asset-details.ts';
import { type ChangeAsset, NO_PART } from '../resources/schemas.ts';

/** A Worker waits for six answers at a time. */
const AT_ONCE = 5;

const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));

const columnsOf = ({ title, policy, disabled, prewarm, encode, ...details }: ChangeAsset): AssetChange => ({
  ...withoutUndefined({ title, policy, disabled: flag(disabled), prewarm: flag(prewarm) }),
  ...(encode === undefined ? {} : { mode: storedMode(encode) }),
  ...detailColumns(details),
});

/** Why the catalog refused the change of this asset. */
async function refusalOf(env: SettleEnv, id: string, change: ChangeAsset, nowMs: number): Promise<AppError> {
  const asset = await findAsset(env.CATALOG, id);
  if (asset === null || (asset.delete_at !== null && asset.delete_at <= nowMs)) {
    return new AppError('asset_not_found');
  }
  const { encode = 'always' } = change;
  return invalidRequest([encode !== 'always' && isPart(parseOptions(asset.options)) ? NO_PART : NO_WINDOW]);
}

async function follow(env: SettleEnv, id: string): Promise<AppError | null> {
  try {
    await writeMirrorOrRetry(env.CATALOG, env.MEDIA, currentMirror(env.CATALOG, id));
    return null;
  } catch (error) {
    if (error instanceof AppError) {
      return error;
    }
    throw error;
  }
}

/** The changed row of each asset, or why it is not changed or players do not know of it yet (`unavailable`). */
export async function changeEach(
  env: SettleEnv,
  ids: readonly string[],
  change: ChangeAsset,
): Promise<(AssetRow | AppError)[]> {
  const nowMs = Date.now();
  const ladders =
    change.encode === 'always' ? ids.map((assetId) => ({ id: newJobId(), assetId, version: newVersionId() })) : [];
  const changed = await changeAssets(env.CATALOG, ids, columnsOf(change), nowMs, ladders);
  // Those that were not inserted are not noted.
  await inGroups(ladders, AT_ONCE, ({ id }) => trySettleJob(env, id));
  const rows = new Map(changed.map((row) => [row.id, row]));
  const outcomes = await inGroups(ids, AT_ONCE, async (id) => {
    const row = rows.get(id);
    return row === undefined ? refusalOf(env, id, change, nowMs) : ((await follow(env, id)) ?? row);
  });
  if (change.prewarm === true || change.disabled === false) {
    waitUntil(inGroups([...rows.keys()], AT_ONCE, (id) => prewarmAsset(env, id)));
  }
  return outcomes;
}
