/** What decide.ts has to know about a page of keys: one batch of statements to the catalog, and the presentations it turns on. */

import { currentKey, type ObjectKind, presentationKey, type VersionRef } from '../../media/keys.ts';
import { currentSchema, type Presentation, parsePresentation } from '../../media/presentation.ts';
import {
  type AssetFacts,
  type Facts,
  type GcRules,
  isSettled,
  type ListedObject,
  type VersionFacts,
} from './decide.ts';
import { NamedObjects } from './named-objects.ts';

export type GcStorage = { CATALOG: D1Database; MEDIA: Pick<R2Bucket, 'list' | 'get' | 'delete'> };

/** As delivery reads them (12 hours × 32 tracks at 2 s). */
const MAX_PRESENTATION_BYTES = 12 * 1024 * 1024;
/** A few hundred bytes. */
const MAX_POINTER_BYTES = 64 * 1024;
/** Pages come in the order of keys: a version's next page asks for the same again, and a few small ones share a page. */
const REMEMBERED_VERSIONS = 4;

const idOf = ({ assetId, version }: VersionRef): string => `${assetId}/${version}`;

type JobsRow = { asset_id: string; version: string; active: number; done: number; last_change: number };
type VersionRow = { asset_id: string; id: string; revision: number };
type MarkRow = {
  asset_id: string;
  version: string;
  retired_at: number | null;
  earlier_retired_at: number | null;
  collected_at: number | null;
};

/** One consistent view: a batch is a transaction. */
async function readCatalog(db: D1Database, page: { assets: string[]; versions: string[]; sources: string[] }) {
  const assets = JSON.stringify(page.assets);
  const versions = JSON.stringify(page.versions);
  const sources = JSON.stringify(page.sources);
  const ofPage = (version: string) =>
    `asset_id IN (SELECT value FROM json_each(?1)) AND ${version} IN (SELECT value FROM json_each(?2))`;
  const results = await db.batch([
    db.prepare('SELECT id, current_version FROM assets WHERE id IN (SELECT value FROM json_each(?1))').bind(assets),
    db.prepare('SELECT id, deleted_at FROM deleted_assets WHERE id IN (SELECT value FROM json_each(?1))').bind(assets),
    db
      .prepare(
        `SELECT asset_id, version, max(status IN ('queued', 'running')) AS active, max(status = 'done') AS done,
           max(updated_at) AS last_change FROM jobs WHERE ${ofPage('version')} GROUP BY asset_id, version`,
      )
      .bind(assets, versions),
    db.prepare(`SELECT asset_id, id, revision FROM versions WHERE ${ofPage('id')}`).bind(assets, versions),
    db
      .prepare(`SELECT asset_id, version, retired_at, earlier_retired_at, collected_at FROM version_marks
         WHERE ${ofPage('version')}`)
      .bind(assets, versions),
    db.prepare('SELECT source_key FROM assets WHERE source_key IN (SELECT value FROM json_each(?1))').bind(sources),
    db.prepare('SELECT key FROM collected_sources WHERE key IN (SELECT value FROM json_each(?1))').bind(sources),
  ]);
  const rows = <Row>(index: number): Row[] => (results[index]?.results ?? []) as Row[];
  return {
    live: rows<{ id: string; current_version: string | null }>(0),
    deleted: rows<{ id: string; deleted_at: number }>(1),
    jobs: rows<JobsRow>(2),
    published: rows<VersionRow>(3),
    marks: rows<MarkRow>(4),
    claimed: new Set(rows<{ source_key: string }>(5).map((row) => row.source_key)),
    marked: new Set(rows<{ key: string }>(6).map((row) => row.key)),
  };
}

async function readJson(bucket: GcStorage['MEDIA'], key: string, maxBytes: number): Promise<string | null> {
  const object = await bucket.get(key);
  if (object === null) {
    return null;
  }
  if (object.size > maxBytes) {
    await object.body.cancel();
    throw new RangeError(`${key} is too large`);
  }
  return await object.text();
}

/** What of a version current.json names. Where it cannot be understood, anything may be what plays. */
async function readPointed(
  bucket: GcStorage['MEDIA'],
  { assetId, version }: VersionRef,
  publishedRevision: number,
): Promise<NonNullable<VersionFacts['pointed']>> {
  const json = await readJson(bucket, currentKey(assetId), MAX_POINTER_BYTES);
  const parsed = json === null ? null : currentSchema.safeParse(parseJson(json));
  if (parsed === null || (parsed.success && parsed.data.version !== version)) {
    return 'nothing';
  }
  return parsed.success && parsed.data.revision === publishedRevision ? 'last' : 'earlier';
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function parsedPresentation(json: string): Presentation | null {
  try {
    return parsePresentation(json);
  } catch {
    return null;
  }
}

/** Reads facts page after page; remembers what the last versions name, which is immutable once they are settled. */
export class FactsReader {
  readonly #named = new Map<string, NamedObjects | 'unreadable'>();
  readonly #storage: GcStorage;
  readonly #rules: GcRules;

  constructor(storage: GcStorage, rules: GcRules) {
    this.#storage = storage;
    this.#rules = rules;
  }

  async read(page: readonly (ListedObject & { kind: ObjectKind })[]): Promise<Facts> {
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
          refs.set(idOf(kind), { assetId: kind.assetId, version: kind.version });
        }
      }
    }
    const catalog = await readCatalog(this.#storage.CATALOG, {
      assets: [...assetIds],
      versions: [...new Set([...refs.values()].map(({ version }) => version))],
      sources,
    });
    const assets = new Map<string, AssetFacts>(
      catalog.deleted.map(({ id, deleted_at }) => [id, { state: 'deleted', deletedAtMs: deleted_at }]),
    );
    // Where both stood, it would be alive.
    for (const { id, current_version } of catalog.live) {
      assets.set(id, { state: 'live', currentVersion: current_version });
    }
    const versions = await this.#versions(refs, assets, catalog);
    return {
      asset: (id) => assets.get(id),
      version: (ref) => versions.get(idOf(ref)),
      source: (key) => ({ claimed: catalog.claimed.has(key), marked: catalog.marked.has(key) }),
    };
  }

  async #versions(
    refs: ReadonlyMap<string, VersionRef>,
    assets: ReadonlyMap<string, AssetFacts>,
    catalog: { jobs: JobsRow[]; published: VersionRow[]; marks: MarkRow[] },
  ): Promise<Map<string, VersionFacts>> {
    const jobs = new Map(catalog.jobs.map((row) => [idOf({ assetId: row.asset_id, version: row.version }), row]));
    const published = new Map(catalog.published.map((row) => [idOf({ assetId: row.asset_id, version: row.id }), row]));
    const marks = new Map(catalog.marks.map((row) => [idOf({ assetId: row.asset_id, version: row.version }), row]));
    const versions = new Map<string, VersionFacts>();
    for (const [id, ref] of refs) {
      const row = jobs.get(id);
      const asset = assets.get(ref.assetId);
      if (row === undefined || asset?.state !== 'live') {
        continue;
      }
      const mark = marks.get(id);
      const known: VersionFacts = {
        jobs: { active: row.active === 1, done: row.done === 1, lastChangeMs: row.last_change },
        publishedRevision: published.get(id)?.revision ?? null,
        mark:
          mark === undefined
            ? null
            : {
                retiredAtMs: mark.retired_at,
                earlierRetiredAtMs: mark.earlier_retired_at,
                collected: mark.collected_at !== null,
              },
        pointed: null,
        named: null,
      };
      versions.set(id, await this.#withObjects(ref, asset.currentVersion === ref.version, known));
    }
    return versions;
  }

  /** Reads of the bucket only where the decision turns on them: most versions are being encoded or play. */
  async #withObjects(ref: VersionRef, isCurrent: boolean, known: VersionFacts): Promise<VersionFacts> {
    const { publishedRevision } = known;
    if (publishedRevision === null || !isSettled(known, this.#rules)) {
      return known;
    }
    const isPlain = isCurrent && publishedRevision === 1;
    return {
      ...known,
      pointed: isPlain ? null : await readPointed(this.#storage.MEDIA, ref, publishedRevision),
      named: known.mark?.collected === true ? null : await this.#namedBy(ref, publishedRevision),
    };
  }

  async #namedBy(ref: VersionRef, revision: number): Promise<NamedObjects | 'unreadable'> {
    const id = `${idOf(ref)}/${revision}`;
    const known = this.#named.get(id);
    if (known !== undefined) {
      return known;
    }
    const named = await this.#readNamed(ref, revision);
    this.#named.set(id, named);
    for (const oldest of this.#named.keys()) {
      if (this.#named.size > REMEMBERED_VERSIONS) {
        this.#named.delete(oldest);
      }
    }
    return named;
  }

  /** The last revision alone: however many came before it, what it does not name waits until sessions on them have ended. */
  async #readNamed(ref: VersionRef, published: number): Promise<NamedObjects | 'unreadable'> {
    const json = await readJson(this.#storage.MEDIA, presentationKey(ref, published), MAX_PRESENTATION_BYTES);
    const presentation = json === null ? null : parsedPresentation(json);
    return presentation === null ? 'unreadable' : new NamedObjects(presentation);
  }
}
