/**
 * Decides what becomes of one object, and why. Pure: key, age and facts in, decision out. A deletion needs a mark in the
 * catalog (migration 0006) that cannot be taken back; a decision names the mark that is still missing. Objects that are
 * not understood are kept and reported.
 */

import { isTrackFile, type ObjectKind, type VersionObject, type VersionRef, versionPrefix } from '../../media/keys.ts';
import { SOURCE_VIDEO } from '../../media/made/source-index.ts';
import { ORPHAN_AGE_MS, RETRY_GRACE_MS, SESSIONS_END_MS, UNUSED_SOURCE_KEPT_MS } from './limits.ts';

export const KEEP_REASONS = [
  'current', // named by the version that plays
  'job_active', // a job is encoding this version
  'source_of_asset', // or of one of its tracks, jobs or versions, or of an upload under way
  'source_unclaimed', // an operator's, and no asset uses it
  'edge_state',
  'presentation_unreadable', // nothing of this version can be judged
  'unknown_asset', // neither in the catalog nor deleted from it
  'unknown_version', // the asset never had such a version
  'unknown_key',
] as const;
export const WAIT_REASONS = [
  'young', // garbage, but written within the grace
  'job_ended_lately', // a retry would continue with it
  'sessions_may_play', // superseded, or not in the last revision; a session that began before may still run
  'asset_deleted_lately',
  'source_unused_lately', // of a failed job, or an upload that no call has named
  'changed', // the facts changed during the run: the next run decides
] as const;
export const DELETE_REASONS = [
  'asset_deleted',
  'lost_attempt', // the version has one revision, which does not name it
  'never_published', // all jobs of the version failed or were cancelled
  'superseded', // by another version or a later revision, and the last session has ended
  'track_replaced', // a file of an asset's track that no track uses
  'source_unused', // brought in through Sluice; nothing uses it any more
  'orphan', // a source that no asset uses; only on request
] as const;

type Reason = (typeof KEEP_REASONS | typeof WAIT_REASONS | typeof DELETE_REASONS)[number];

/** What has to be written to the catalog, under its own conditions, before the decision may be carried out. */
export type Mark =
  | ({ mark: 'seal'; quietSinceMs: number } & VersionRef)
  | ({ mark: 'retire' | 'revive' | 'retire_earlier' | 'revive_earlier' } & VersionRef)
  | ({ mark: 'collect'; retiredBeforeMs: number } & VersionRef)
  | { mark: 'collect_source'; key: string; unusedSinceMs: number }
  | { mark: 'bury'; assetId: string };

export type Decision = { action: 'keep' | 'wait' | 'delete'; reason: Reason; mark?: Mark | undefined };

/** What the catalog says of a version. */
export type CatalogVersion = VersionRef & {
  /** The asset's. */
  currentVersion: string | null;
  /** Jobs that encode this version; a retry is a job of its own. */
  activeJobs: number;
  doneJobs: number;
  jobChangedAtMs: number;
  publishedRevision: number | null;
  sealedAtMs: number | null;
  retiredAtMs: number | null;
  earlierRetiredAtMs: number | null;
  collectedAtMs: number | null;
};

/** Segments that a presentation names, as runs of numbers by track: a film has 18,000 keys. The run of a text has none. */
export type NamedObjects = ReadonlyMap<string, readonly { attempt: string; first: number; last: number }[]>;

export type VersionFacts = CatalogVersion & {
  /** What current.json names of it; `earlier` also where that cannot be read. Null where it does not matter. */
  pointed: 'nothing' | 'last' | 'earlier' | null;
  /** What the last revision names. Null where it cannot be read or does not matter. */
  named: NamedObjects | null;
};

/** What is known about one page of keys. */
export type Facts = {
  /** When each asset was deleted; null if it exists. */
  assets: ReadonlyMap<string, number | null>;
  /** By `versionPrefix`. */
  versions: ReadonlyMap<string, VersionFacts>;
  sources: ReadonlyMap<string, SourceFacts>;
};

export type SourceFacts = {
  // Booleans of SQLite.
  isUsed: number;
  /** Also by what has failed or was uploaded lately. */
  isUsedLately: number;
  /** Sluice has brought it in: of an asset, or an upload. */
  isOurs: number;
  markedAtMs: number | null;
};

export type GcRules = {
  /** When the run began: the same for all its pages. */
  nowMs: number;
  /** Nothing younger is deleted. */
  graceMs: number;
  /** Also delete sources that no asset uses, and bury assets that the catalog does not know. */
  orphans: boolean;
};

export type ListedObject = { key: string; uploadedMs: number; kind: ObjectKind };

const keep = (reason: (typeof KEEP_REASONS)[number], mark?: Mark): Decision => ({ action: 'keep', reason, mark });
const wait = (reason: (typeof WAIT_REASONS)[number], mark?: Mark): Decision => ({ action: 'wait', reason, mark });
const remove = (reason: (typeof DELETE_REASONS)[number], mark?: Mark): Decision => ({ action: 'delete', reason, mark });

const isLater = (nowMs: number, sinceMs: number, lengthMs: number): boolean => nowMs >= sinceMs + lengthMs;

/** The age guard comes last: a new object stays, whatever else is wrong. */
export function decide(object: ListedObject, facts: Facts, rules: GcRules): Decision {
  const decided = decideKind(object, facts, rules);
  return decided.action === 'delete' && object.uploadedMs > rules.nowMs - rules.graceMs ? wait('young') : decided;
}

function decideKind(object: ListedObject, facts: Facts, rules: GcRules): Decision {
  const { kind } = object;
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

function decideSource(object: ListedObject, owner: string, facts: Facts, rules: GcRules): Decision {
  const source = facts.sources.get(object.key);
  if (source === undefined || source.isUsed > 0) {
    return keep('source_of_asset');
  }
  const decided = decideUnused(object, owner, source, facts.assets.get(owner), rules);
  return decided.action === 'delete' && source.isUsedLately > 0 ? wait('source_unused_lately') : decided;
}

function decideUnused(
  { key, uploadedMs }: ListedObject,
  owner: string,
  source: SourceFacts,
  deletedAtMs: number | null | undefined,
  rules: GcRules,
): Decision {
  const mark: Mark | undefined =
    source.markedAtMs === null ? { mark: 'collect_source', key, unusedSinceMs: unusedSince(rules) } : undefined;
  if (typeof deletedAtMs === 'number') {
    return decideOfDeleted(deletedAtMs, rules, mark);
  }
  if (deletedAtMs === null && isTrackFile(key, owner)) {
    return remove('track_replaced', mark);
  }
  if (source.isOurs > 0) {
    return remove('source_unused', mark);
  }
  const orphaned = rules.orphans && deletedAtMs === undefined && isLater(rules.nowMs, uploadedMs, ORPHAN_AGE_MS);
  return orphaned ? remove('orphan', mark) : keep('source_unclaimed');
}

/** What has ended before, and uses a source no more. */
export const unusedSince = ({ nowMs, graceMs }: GcRules): number => nowMs - Math.max(graceMs, UNUSED_SOURCE_KEPT_MS);

/** Sessions on a deleted asset are refused within a minute: none needs protecting. */
const decideOfDeleted = (deletedAtMs: number, { nowMs, graceMs }: GcRules, mark?: Mark): Decision =>
  isLater(nowMs, deletedAtMs, graceMs) ? remove('asset_deleted', mark) : wait('asset_deleted_lately');

function decideOfAsset(
  object: VersionObject | { kind: 'pointer'; assetId: string },
  facts: Facts,
  rules: GcRules,
): Decision {
  const { assetId } = object;
  const deletedAtMs = facts.assets.get(assetId);
  if (deletedAtMs === undefined) {
    return rules.orphans ? wait('asset_deleted_lately', { mark: 'bury', assetId }) : keep('unknown_asset');
  }
  if (deletedAtMs !== null) {
    return decideOfDeleted(deletedAtMs, rules);
  }
  if (object.kind === 'pointer') {
    return keep('current');
  }
  const version = facts.versions.get(versionPrefix(object));
  return version === undefined ? keep('unknown_version') : decideOfVersion(object, version, rules);
}

/** How long a version's jobs must have ended before it is sealed. */
const quietMs = ({ doneJobs }: CatalogVersion, { graceMs }: GcRules): number =>
  doneJobs > 0 ? graceMs : Math.max(graceMs, RETRY_GRACE_MS);

/** Sealed, or could be sealed now. Only then does it matter what its presentation names. */
export const isSettled = (version: CatalogVersion, rules: GcRules): boolean =>
  version.sealedAtMs !== null ||
  (version.activeJobs === 0 && isLater(rules.nowMs, version.jobChangedAtMs, quietMs(version, rules)));

function decideOfVersion(object: VersionObject, version: VersionFacts, rules: GcRules): Decision {
  if (version.activeJobs > 0) {
    return keep('job_active');
  }
  if (!isSettled(version, rules)) {
    return wait('job_ended_lately');
  }
  const ref = { assetId: version.assetId, version: version.version };
  const quietSinceMs = rules.nowMs - quietMs(version, rules);
  const seal: Mark | undefined = version.sealedAtMs === null ? { mark: 'seal', ...ref, quietSinceMs } : undefined;
  const isCurrent = version.currentVersion === version.version;
  if (version.publishedRevision === null) {
    return isCurrent ? keep('current') : remove('never_published', seal);
  }
  const plays = isCurrent || version.pointed === 'last' || version.pointed === 'earlier';
  if (!plays && version.collectedAtMs !== null) {
    return remove('superseded');
  }
  const decided = decideOfUnnamed(object, version, version.publishedRevision, seal, rules);
  if (decided !== null) {
    return decided;
  }
  if (plays) {
    return keep('current', version.retiredAtMs === null ? undefined : { mark: 'revive', ...ref });
  }
  return decideOfRetired(version.retiredAtMs, rules, {
    retire: seal ?? { mark: 'retire', ...ref },
    collect: { mark: 'collect', ...ref, retiredBeforeMs: rules.nowMs - SESSIONS_END_MS },
  });
}

/** Decides about an object that the last revision does not name; null if it names it. */
function decideOfUnnamed(
  object: VersionObject,
  version: VersionFacts,
  publishedRevision: number,
  seal: Mark | undefined,
  rules: GcRules,
): Decision | null {
  if (version.named === null) {
    return keep('presentation_unreadable');
  }
  if (isNamed(object, publishedRevision, version.named)) {
    return null;
  }
  if (publishedRevision === 1) {
    return remove('lost_attempt', seal);
  }
  // Named by an earlier revision or a lost attempt. Which of the two is not looked up: both go a week later.
  const ref = { assetId: version.assetId, version: version.version };
  if (version.pointed === 'earlier') {
    const isRetired = version.earlierRetiredAtMs !== null;
    return wait('sessions_may_play', isRetired ? { mark: 'revive_earlier', ...ref } : seal);
  }
  return decideOfRetired(version.earlierRetiredAtMs, rules, { retire: seal ?? { mark: 'retire_earlier', ...ref } });
}

function isNamed(object: VersionObject, publishedRevision: number, named: NamedObjects): boolean {
  switch (object.kind) {
    // A later one was written and not published: the next publication may still take it.
    case 'presentation':
      return object.revision >= publishedRevision;
    case 'init':
      return named.has(object.track);
    case 'segment': {
      const { track, attempt, number } = object;
      const runs = named.get(track) ?? [];
      return runs.some((run) => run.attempt === attempt && run.first <= number && number <= run.last);
    }
    case 'text':
      return (named.get(object.track) ?? []).some(({ attempt }) => attempt === object.attempt);
    // Texts are made of cues anew when they are shifted or the version is published again.
    case 'cues':
    case 'image':
      return true;
    case 'source-index':
      return named.has(SOURCE_VIDEO);
    case 'samples':
      return named.has(object.track);
    // They are in `samples` when the version is whole.
    case 'headers':
      return false;
  }
}

/** Objects that were seen not to play go when the last session on them has ended. */
function decideOfRetired(
  retiredAtMs: number | null,
  rules: GcRules,
  marks: { retire: Mark; collect?: Mark },
): Decision {
  if (retiredAtMs === null) {
    return wait('sessions_may_play', marks.retire);
  }
  return isLater(rules.nowMs, retiredAtMs, SESSIONS_END_MS)
    ? remove('superseded', marks.collect)
    : wait('sessions_may_play');
}
