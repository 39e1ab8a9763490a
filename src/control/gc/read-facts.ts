/** Reads what decide.ts needs for a page of keys: one batch of statements to the catalog, and presentations where they matter. */

import { currentKey, presentationKey, type VersionRef, versionPrefix } from '../../media/keys.ts';
import { currentSchema, type Presentation, parsePresentation, type TrackChunk } from '../../media/presentation.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { parsed } from '../../platform/parsed.ts';
import { sql } from '../../platform/sql.ts';
import {
  type CatalogVersion,
  type Facts,
  type GcRules,
  isSettled,
  type ListedObject,
  type NamedObjects,
  type SourceFacts,
  unusedSince,
  type VersionFacts,
} from './decide.ts';
import { isOurs, isUsed } from './source-users.ts';

export type GcStorage = { CATALOG: D1Database; MEDIA: Pick<R2Bucket, 'list' | 'get' | 'delete'> };

/** Delivery has the same limit (12 hours × 32 tracks at 2 s). */
const MAX_PRESENTATION_BYTES = 12 * 1024 * 1024;
/** It has a few hundred bytes. */
const MAX_POINTER_BYTES = 64 * 1024;
/** The next page of a version asks for the same again, and a few small versions share a page. */
const REMEMBERED_VERSIONS = 4;

/** NULL comes last, and the last row wins: an asset in both tables would count as existing. */
const selectAssets = (idsJson: string) => sql`
  SELECT id, NULL AS deletedAtMs FROM assets WHERE id IN (SELECT value FROM json_each(${idsJson}))
  UNION ALL
  SELECT id, deleted_at FROM deleted_assets WHERE id IN (SELECT value FROM json_each(${idsJson}))
  ORDER BY deletedAtMs DESC`;
const selectVersions = (refsJson: string) => sql`
  SELECT a.id AS assetId, j.version, a.current_version AS currentVersion,
    sum(j.status IN ('queued', 'running')) AS activeJobs, sum(j.status = 'done') AS doneJobs,
    max(j.updated_at) AS jobChangedAtMs, v.revision AS publishedRevision, m.sealed_at AS sealedAtMs,
    m.retired_at AS retiredAtMs, m.earlier_retired_at AS earlierRetiredAtMs, m.collected_at AS collectedAtMs
  FROM json_each(${refsJson}) page JOIN assets a ON a.id = page.value ->> 'assetId'
    JOIN jobs j ON j.asset_id = a.id AND j.version = page.value ->> 'version'
    LEFT JOIN versions v ON v.asset_id = a.id AND v.id = j.version
    LEFT JOIN version_marks m ON m.asset_id = a.id AND m.version = j.version
  GROUP BY a.id, j.version`;
const selectSources = (keysJson: string, rules: GcRules) => {
  const key = sql`page.value`;
  return sql`
  SELECT page.value AS key, ${isUsed(key, rules.nowMs)} AS isUsed, ${isUsed(key, unusedSince(rules))} AS isUsedLately,
    ${isOurs(key)} AS isOurs, (SELECT marked_at FROM collected_sources c WHERE c.key = page.value) AS markedAtMs
  FROM json_each(${keysJson}) page`;
};

function namedBy({ tracks, texts = [] }: Presentation): NamedObjects {
  const runs = new Map<string, { attempt: string; first: number; last: number }[]>();
  for (const { id, chunks } of tracks) {
    const run = ({ attempt, firstNumber: first, segments }: TrackChunk) => ({
      attempt,
      first,
      last: first + segments.length - 1,
    });
    runs.set(id, chunks.map(run));
  }
  for (const { id, attempt } of texts) {
    runs.set(id, [{ attempt, first: 1, last: 0 }]);
  }
  return runs;
}

export class FactsReader {
  /** By key of the presentation. */
  readonly #named = new LruMap<string, NamedObjects | null>(REMEMBERED_VERSIONS);
  readonly #storage: GcStorage;
  readonly #rules: GcRules;

  constructor(storage: GcStorage, rules: GcRules) {
    this.#storage = storage;
    this.#rules = rules;
  }

  async read(page: readonly ListedObject[]): Promise<Facts> {
    const refs = new Map<string, VersionRef>();
    const assetIds = new Set<string>();
    const sources: string[] = [];
    for (const { key, kind } of page) {
      if (kind.kind === 'source') {
        sources.push(key);
        assetIds.add(kind.owner);
      } else if ('assetId' in kind) {
        assetIds.add(kind.assetId);
        if ('version' in kind) {
          refs.set(versionPrefix(kind), { assetId: kind.assetId, version: kind.version });
        }
      }
    }
    const { CATALOG } = this.#storage;
    // A batch is a transaction: the three are consistent.
    const results = await CATALOG.batch([
      selectAssets(JSON.stringify([...assetIds])).on(CATALOG),
      selectVersions(JSON.stringify([...refs.values()])).on(CATALOG),
      selectSources(JSON.stringify(sources), this.#rules).on(CATALOG),
    ]);
    const rows = <Row>(index: number): Row[] => (results[index]?.results ?? []) as Row[];
    const versions = new Map<string, VersionFacts>();
    for (const version of rows<CatalogVersion>(1)) {
      versions.set(versionPrefix(version), await this.#withObjects(version));
    }
    return {
      assets: new Map(rows<{ id: string; deletedAtMs: number | null }>(0).map((row) => [row.id, row.deletedAtMs])),
      versions,
      sources: new Map(rows<SourceFacts & { key: string }>(2).map((row) => [row.key, row])),
    };
  }

  /** Reads the bucket only where the decision depends on it: most versions are being encoded or play. */
  async #withObjects(version: CatalogVersion): Promise<VersionFacts> {
    const revision = version.publishedRevision;
    if (revision === null || !isSettled(version, this.#rules)) {
      return { ...version, pointed: null, named: null };
    }
    const isPlain = version.currentVersion === version.version && revision === 1;
    return {
      ...version,
      pointed: isPlain ? null : await this.#readPointed(version, revision),
      named: version.collectedAtMs === null ? await this.#readNamed(version, revision) : null,
    };
  }

  /** Where current.json cannot be parsed, anything may play. */
  async #readPointed({ assetId, version }: VersionRef, lastRevision: number): Promise<VersionFacts['pointed']> {
    const json = await this.#readText(currentKey(assetId), MAX_POINTER_BYTES);
    const current = json === null ? null : parsed(() => currentSchema.parse(JSON.parse(json)));
    if (json === null || (current !== null && current.version !== version)) {
      return 'nothing';
    }
    return current?.revision === lastRevision ? 'last' : 'earlier';
  }

  /** Reads the last revision alone. What only earlier ones name goes when the sessions on them have ended. */
  async #readNamed(ref: VersionRef, lastRevision: number): Promise<NamedObjects | null> {
    const key = presentationKey(ref, lastRevision);
    const known = this.#named.get(key);
    if (known !== undefined) {
      return known;
    }
    const json = await this.#readText(key, MAX_PRESENTATION_BYTES);
    const presentation = json === null ? null : parsed(() => parsePresentation(json));
    const named = presentation === null ? null : namedBy(presentation);
    this.#named.set(key, named);
    return named;
  }

  async #readText(key: string, maxBytes: number): Promise<string | null> {
    const object = await this.#storage.MEDIA.get(key);
    if (object !== null && object.size > maxBytes) {
      await object.body.cancel();
      throw new RangeError(`${key} is too large`);
    }
    return object === null ? null : await object.text();
  }
}
