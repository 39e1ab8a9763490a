/**
 * GarbageCollector: the Durable Object that removes what nothing needs any more. One run at a time; it walks the whole
 * bucket in the order of keys, in slices of an alarm each, and goes on where it was after any interruption.
 *
 * Cost per million objects: 1,000 LISTs ($0.0045), some 1,000 reads per thousand versions that are settled ($0.0004), 7,000
 * statements to D1 and 1,000–2,000 rows here; deletes are free. R2 lists in about 0.1–0.3 s: some minutes.
 */

import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import { Alarm } from '../../platform/alarm.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { randomId } from '../../platform/random-id.ts';
import type { GcRules } from './decide.ts';
import {
  DELETED_ASSET_KEPT_MS,
  GC_RUNS_KEPT,
  MAX_RUN_FAILURES,
  PAGES_PER_SLICE,
  retryAfterMs,
  SLICE_MS,
} from './limits.ts';
import { forgetDeletedAssets, releaseAllSources, releaseSources } from './marks.ts';
import { FactsReader } from './read-facts.ts';
import { addToReport, EMPTY_REPORT, type RunReport } from './run-report.ts';
import { type GcRunRow, GcRunStore, reportOf } from './run-store.ts';
import { sweepPage } from './sweep-page.ts';

export type GcRun = {
  id: string;
  state: GcRunRow['state'];
  dryRun: boolean;
  orphans: boolean;
  startedAtMs: number;
  endedAtMs: number | null;
  pages: number;
  report: RunReport;
  error: string | null;
};

const gcRunOf = (row: GcRunRow): GcRun => ({
  id: row.id,
  state: row.state,
  dryRun: row.dry_run === 1,
  orphans: row.orphans === 1,
  startedAtMs: row.started_at,
  endedAtMs: row.state === 'running' ? null : row.ended_at,
  pages: row.pages,
  report: reportOf(row),
  error: row.state === 'failed' ? row.error : null,
});

const rulesOf = (row: GcRunRow): GcRules => ({
  // Not later than now: where the clock has been set back since, everything would look old.
  nowMs: Math.min(row.started_at, Date.now()),
  graceMs: row.grace_ms,
  orphans: row.orphans === 1,
});

export class GarbageCollector extends DurableObject<Bindings> {
  readonly #store: GcRunStore;
  readonly #alarm: Alarm;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    this.#store = new GcRunStore(context.storage.sql);
    this.#alarm = new Alarm(context.storage);
  }

  /** Starts one, unless one is running: then it is that one. */
  async start(wanted: { dryRun: boolean; orphans: boolean }): Promise<{ run: GcRun; started: boolean }> {
    const running = this.#store.running();
    if (running !== undefined) {
      // Also where the alarm was lost, which the platform promises not to do.
      await this.#alarm.setBy(Date.now());
      return { run: gcRunOf(running), started: false };
    }
    const id = randomId(16);
    const graceMs = configOf(this.env).GC_GRACE_HOURS * 3_600_000;
    this.#store.add({ ...wanted, id, graceMs, startedAtMs: Date.now() }, EMPTY_REPORT, GC_RUNS_KEPT);
    await this.#alarm.setBy(Date.now());
    return { run: gcRunOf(this.#rowOf(id)), started: true };
  }

  read(id: string): GcRun | null {
    const row = this.#store.find(id);
    return row === undefined ? null : gcRunOf(row);
  }

  /** Newest first. */
  list(limit: number): GcRun[] {
    return this.#store.newest(limit).map(gcRunOf);
  }

  override async alarm(): Promise<void> {
    const running = this.#store.running();
    if (running === undefined) {
      return;
    }
    try {
      await this.#slice(running.id);
      if (this.#store.running() !== undefined) {
        await this.#alarm.setBy(Date.now());
      }
    } catch (error) {
      // Not left to the platform's own repeats of alarms, which end after a few seconds.
      const failures = this.#store.fail(running.id, String(error), MAX_RUN_FAILURES, Date.now());
      log.warn({ event: 'gc_interrupted', id: running.id, failures, reason: String(error) });
      if (this.#store.running() !== undefined) {
        await this.#alarm.setBy(Date.now() + retryAfterMs(failures));
      }
    }
  }

  async #slice(id: string): Promise<void> {
    const startedMs = Date.now();
    const row = this.#rowOf(id);
    const reader = new FactsReader(this.env, rulesOf(row));
    if (row.pages === 0 && row.dry_run === 0) {
      // Of a run that failed before it came to delete them.
      await releaseAllSources(this.env.CATALOG);
    }
    for (let page = 1; page <= PAGES_PER_SLICE && Date.now() - startedMs < SLICE_MS; page++) {
      await this.#deleteJournalled(id);
      if (this.#rowOf(id).ended_at !== null) {
        await this.#finish(id);
        return;
      }
      await this.#page(this.#rowOf(id), reader);
    }
  }

  /** Decides a page and journals it. The deletions follow, now or after an interruption: their marks stand for good. */
  async #page(row: GcRunRow, reader: FactsReader): Promise<void> {
    const dryRun = row.dry_run === 1;
    const { outcomes, after } = await sweepPage(this.env, reader, {
      after: row.after,
      rules: rulesOf(row),
      dryRun,
      now: Date.now,
    });
    const deleting = dryRun
      ? []
      : outcomes.filter(({ decision }) => decision.action === 'delete').map(({ key }) => key);
    this.#store.finishPage(row.id, {
      after,
      report: addToReport(reportOf(row), outcomes),
      deleting,
      endedAtMs: after === null ? Date.now() : null,
    });
  }

  async #deleteJournalled(id: string): Promise<void> {
    const { deleting } = this.#rowOf(id);
    if (deleting === null) {
      return;
    }
    const keys: string[] = JSON.parse(deleting);
    await this.env.MEDIA.delete(keys);
    await releaseSources(
      this.env.CATALOG,
      keys.filter((key) => key.startsWith('sources/')),
    );
    this.#store.clearDeleting(id);
  }

  async #finish(id: string): Promise<void> {
    const row = this.#rowOf(id);
    if (row.dry_run === 0) {
      await forgetDeletedAssets(this.env.CATALOG, {
        deletedBeforeMs: row.started_at - DELETED_ASSET_KEPT_MS,
        unseenSinceMs: row.started_at,
      });
    }
    this.#store.finish(id);
    const { listed, tallies } = reportOf(row);
    const deleted = tallies.filter(({ action }) => action === 'delete').reduce((sum, { objects }) => sum + objects, 0);
    log.info({ event: 'gc_done', id, dryRun: row.dry_run === 1, listed, deleted });
  }

  #rowOf(id: string): GcRunRow {
    const row = this.#store.find(id);
    if (row === undefined) {
      throw new Error(`there is no run ${id}`);
    }
    return row;
  }
}
