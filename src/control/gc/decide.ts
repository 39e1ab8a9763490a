/**
 * What becomes of one object, and why. Pure: key, age and facts in, decision out. The rule above all others is that a
 * deletion rests on a mark of the catalog (migration 0006), which cannot be taken back: `mark` names the one that is still
 * missing, and nothing is deleted before it stands. What is not understood is kept and reported.
 */

import type { ObjectKind, VersionObject, VersionRef } from '../../media/keys.ts';
import { ORPHAN_AGE_MS, RETRY_GRACE_MS, SESSIONS_END_MS } from './limits.ts';
import type { NamedObjects } from './named-objects.ts';

export const KEEP_REASONS = [
  'current', // named by the version that plays
  'job_active', // a job is encoding this version
  'source_of_asset',
  'source_unclaimed', // below sources/, of no asset: somebody put it there
  'edge_state',
  'presentation_unreadable', // nothing of this version can be judged
  'unknown_asset', // neither in the catalog nor deleted from it
  'unknown_version', // of an asset that never had such a version
  'unknown_key',
] as const;
export const WAIT_REASONS = [
  'young', // garbage, but written within the grace
  'job_ended_lately', // or failed lately: a retry goes on with it
  'sessions_may_play', // superseded, or not of the last revision; a session that began before may still run
  'asset_deleted_lately',
  'changed', // what it rests on changed during the run: decided anew in the next one
] as const;
export const DELETE_REASONS = [
  'asset_deleted',
  'lost_attempt', // of a version with one revision, which does not name it
  'never_published', // of a version whose jobs failed or were cancelled
  'superseded', // of a version, or of earlier revisions, whose last session has ended
  'orphan', // a source of no asset; only on request
] as const;

type Reason = (typeof KEEP_REASONS | typeof WAIT_REASONS | typeof DELETE_REASONS)[number];

/** What has to be written to the catalog, under its own conditions, before the decision may be carried out. */
export type Mark =
  | ({ mark: 'seal'; quietSinceMs: number } & VersionRef)
  | ({ mark: 'retire' | 'revive' | 'retire_earlier' | 'revive_earlier' } & VersionRef)
  | ({ mark: 'collect'; retiredBeforeMs: number } & VersionRef)
  | { mark: 'collect_source'; key: string }
  | { mark: 'bury'; assetId: string };

export type Decision = { action: 'keep' | 'wait' | 'delete'; reason: Reason; mark?: Mark };

export type AssetFacts = { state: 'live'; currentVersion: string | null } | { state: 'deleted'; deletedAtMs: number };

export type VersionFacts = {
  /** Of all jobs that encoded this version: a retry is a job of its own. */
  jobs: { active: boolean; done: boolean; lastChangeMs: number };
  publishedRevision: number | null;
  mark: { retiredAtMs: number | null; earlierRetiredAtMs: number | null; collected: boolean } | null;
  /** What of it current.json names; `earlier` also where that cannot be read. Null where it does not matter. */
  pointed: 'nothing' | 'last' | 'earlier' | null;
  /** By the last revision. */
  named: NamedObjects | 'unreadable' | null;
};

/** What is known about one page of keys. */
export type Facts = {
  asset(id: string): AssetFacts | undefined;
  version(ref: VersionRef): VersionFacts | undefined;
  source(key: string): { claimed: boolean; marked: boolean };
};

export type GcRules = {
  /** When the run began: the same for all its pages. */
  nowMs: number;
  /** Nothing younger is deleted. */
  graceMs: number;
  /** Also delete sources of no asset, and bury assets that the catalog does not know. */
  orphans: boolean;
};

export type ListedObject = { key: string; uploadedMs: number };

const keep = (reason: (typeof KEEP_REASONS)[number], mark?: Mark): Decision => decision('keep', reason, mark);
const wait = (reason: (typeof WAIT_REASONS)[number], mark?: Mark): Decision => decision('wait', reason, mark);
const remove = (reason: (typeof DELETE_REASONS)[number], mark?: Mark): Decision => decision('delete', reason, mark);
const decision = (action: Decision['action'], reason: Reason, mark: Mark | undefined): Decision =>
  mark === undefined ? { action, reason } : { action, reason, mark };

/** The age guard stands outside of everything: whatever else is wrong, what was just written stays. */
export function decide(object: ListedObject, kind: ObjectKind, facts: Facts, rules: GcRules): Decision {
  const decided = decideKind(object, kind, facts, rules);
  return decided.action === 'delete' && object.uploadedMs > rules.nowMs - rules.graceMs ? wait('young') : decided;
}

function decideKind(object: ListedObject, kind: ObjectKind, facts: Facts, rules: GcRules): Decision {
  switch (kind.kind) {
    case 'unknown':
      return keep('unknown_key');
    case 'edge':
      return keep('edge_state');
    case 'source':
      return decideSource(object, kind.owner, facts, rules);
    default:
      return decideOfAsset(kind, facts, rules);
  }
}

function decideSource({ key, uploadedMs }: ListedObject, owner: string, facts: Facts, rules: GcRules): Decision {
  const { claimed, marked } = facts.source(key);
  if (claimed) {
    return keep('source_of_asset');
  }
  const mark: Mark | undefined = marked ? undefined : { mark: 'collect_source', key };
  const asset = facts.asset(owner);
  if (asset?.state === 'deleted') {
    return isLater(rules.nowMs, asset.deletedAtMs, rules.graceMs)
      ? remove('asset_deleted', mark)
      : wait('asset_deleted_lately');
  }
  const orphaned = rules.orphans && asset === undefined && isLater(rules.nowMs, uploadedMs, ORPHAN_AGE_MS);
  return orphaned ? remove('orphan', mark) : keep('source_unclaimed');
}

const isLater = (nowMs: number, sinceMs: number, lengthMs: number): boolean => nowMs >= sinceMs + lengthMs;

function decideOfAsset(
  object: VersionObject | { kind: 'pointer'; assetId: string },
  facts: Facts,
  rules: GcRules,
): Decision {
  const asset = facts.asset(object.assetId);
  if (asset === undefined) {
    const bury: Mark = { mark: 'bury', assetId: object.assetId };
    return rules.orphans ? wait('asset_deleted_lately', bury) : keep('unknown_asset');
  }
  if (asset.state === 'deleted') {
    // Sessions of a deleted asset are refused within a minute: none needs protecting.
    return isLater(rules.nowMs, asset.deletedAtMs, rules.graceMs)
      ? remove('asset_deleted')
      : wait('asset_deleted_lately');
  }
  if (object.kind === 'pointer') {
    return keep('current');
  }
  const version = facts.version(object);
  return version === undefined ? keep('unknown_version') : decideOfVersion(object, asset, version, rules);
}

/** From then on its jobs have ended long enough ago for the version to be sealed. */
const sealableAtMs = ({ done, lastChangeMs }: VersionFacts['jobs'], graceMs: number): number =>
  lastChangeMs + (done ? graceMs : Math.max(graceMs, RETRY_GRACE_MS));

/** Sealed, or could be now: only then is it asked what its presentations name. */
export const isSettled = ({ jobs, mark }: Pick<VersionFacts, 'jobs' | 'mark'>, rules: GcRules): boolean =>
  mark !== null || (!jobs.active && rules.nowMs >= sealableAtMs(jobs, rules.graceMs));

function decideOfVersion(
  object: VersionObject,
  asset: AssetFacts & { state: 'live' },
  version: VersionFacts,
  rules: GcRules,
): Decision {
  if (version.jobs.active) {
    return keep('job_active');
  }
  if (!isSettled(version, rules)) {
    return wait('job_ended_lately');
  }
  const ref = { assetId: object.assetId, version: object.version };
  const isCurrent = asset.currentVersion === object.version;
  const quietSinceMs = rules.nowMs - (sealableAtMs(version.jobs, rules.graceMs) - version.jobs.lastChangeMs);
  const seal: Mark | undefined = version.mark === null ? { mark: 'seal', ...ref, quietSinceMs } : undefined;
  if (version.publishedRevision === null) {
    return isCurrent ? keep('current') : remove('never_published', seal);
  }
  if (isCurrent || version.pointed === 'last' || version.pointed === 'earlier') {
    const revive: Mark | undefined = version.mark?.retiredAtMs == null ? undefined : { mark: 'revive', ...ref };
    return decideOfPublished(object, version, seal, rules) ?? keep('current', revive);
  }
  if (version.mark?.collected === true) {
    return remove('superseded');
  }
  return decideOfPublished(object, version, seal, rules) ?? decideOfSuperseded(ref, version.mark, seal, rules);
}

/** What the last revision of a version does not name; null: it does. */
function decideOfPublished(
  object: VersionObject,
  version: VersionFacts,
  seal: Mark | undefined,
  rules: GcRules,
): Decision | null {
  const { named, publishedRevision } = version;
  if (publishedRevision === null || named === null || named === 'unreadable') {
    return keep('presentation_unreadable');
  }
  if (object.kind === 'presentation' && object.revision > publishedRevision) {
    return remove('never_published', seal);
  }
  if (isNamed(object, publishedRevision, named)) {
    return null;
  }
  return publishedRevision === 1 ? remove('lost_attempt', seal) : decideOfEarlier(object, version, seal, rules);
}

function isNamed(object: VersionObject, publishedRevision: number, named: NamedObjects): boolean {
  switch (object.kind) {
    case 'presentation':
      return object.revision === publishedRevision;
    case 'init':
      return named.hasTrack(object.track);
    case 'segment':
      return named.hasSegment(object.track, object.attempt, object.number);
    case 'image':
      return true;
  }
}

/** Of an earlier revision or of a lost attempt: which of them is not asked, since both have gone a week later. */
function decideOfEarlier(
  { assetId, version: id }: VersionObject,
  { mark, pointed }: VersionFacts,
  seal: Mark | undefined,
  rules: GcRules,
): Decision {
  const ref = { assetId, version: id };
  const retiredAtMs = mark?.earlierRetiredAtMs ?? null;
  if (pointed === 'earlier') {
    return wait('sessions_may_play', retiredAtMs === null ? seal : { mark: 'revive_earlier', ...ref });
  }
  if (retiredAtMs === null) {
    return wait('sessions_may_play', seal ?? { mark: 'retire_earlier', ...ref });
  }
  return isLater(rules.nowMs, retiredAtMs, SESSIONS_END_MS) ? remove('superseded') : wait('sessions_may_play');
}

function decideOfSuperseded(
  ref: VersionRef,
  mark: VersionFacts['mark'],
  seal: Mark | undefined,
  rules: GcRules,
): Decision {
  const retiredAtMs = mark?.retiredAtMs ?? null;
  if (retiredAtMs === null) {
    return wait('sessions_may_play', seal ?? { mark: 'retire', ...ref });
  }
  return isLater(rules.nowMs, retiredAtMs, SESSIONS_END_MS)
    ? remove('superseded', { mark: 'collect', ...ref, retiredBeforeMs: rules.nowMs - SESSIONS_END_MS })
    : wait('sessions_may_play');
}
