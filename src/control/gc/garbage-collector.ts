/**
 * GarbageCollector: the Durable Object that removes objects that nothing needs any more. It has one run at a time, which
 * walks the whole bucket in the order of keys. Each alarm does a slice of it, and any interruption is resumed.
 *
 * Cost per million objects: 1,000 LISTs ($0.0045), some 1,000 reads per thousand versions that are settled ($0.0004), 3,000
 * statements to D1 and 1,000–2,000 rows here; deletes are free. R2 lists in about 0.1–0.3 s: some minutes.
 */

import { DurableObject } from 'cloudflare:workers';
import { configOf } from '../../config.ts';
import { Alarm } from '../../platform/alarm.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { randomId } from '../../platform/random-id.ts';
import { PAGES_PER_SLICE, retryAfterMs, SLICE_MS } from './limits.ts';
import { forgetDeletedAssets, releaseAllSources, releaseSources } from './marks.ts';
import { FactsReader } from './read-facts.ts';
import { addToReport } from './run-report.ts';
import { type GcRun, GcRunStore } from './run-store.ts';
import { sweepPage } from './sweep-page.ts';

export type GcEnv = { GARBAGE_COLLECTOR: DurableObjectNamespace<GarbageCollector> };

/** A deployment has one collector, so there is one run at a time. */
export const garbageCollector = ({ GARBAGE_COLLECTOR }: GcEnv): DurableObjectStub<GarbageCollector> =>
  GARBAGE_COLLECTOR.get(GARBAGE_COLLECTOR.idFromName('main'));

/** At night in Europe, not on the hour. wrangler.toml names the same time; a test compares them. */
export const GC_CRON = '17 3 * * *';

export async function startScheduledGc(env: GcEnv): Promise<void> {
  const { GC } = configOf(env);
  if (GC !== 'off') {
    await garbageCollector(env).start({ dryRun: GC === 'dry-run', orphans: false });
  }
}

export class GarbageCollector extends DurableObject<Bindings> {
  readonly #store = new GcRunStore(this.ctx.storage.sql);
  readonly #alarm = new Alarm(this.ctx.storage);

  /** Starts a run, or returns the one that is running. */
  async start(wanted: { dryRun: boolean; orphans: boolean }): Promise<{ run: GcRun; started: boolean }> {
    const running = this.#store.running();
    const graceMs = configOf(this.env).GC_GRACE_HOURS * 3_600_000;
    const run = running ?? this.#store.add({ ...wanted, id: randomId(16), graceMs }, Date.now());
    await this.#alarm.setBy(Date.now());
    return { run, started: running === undefined };
  }

  read(id: string): GcRun | null {
    return this.#store.find(id) ?? null;
  }

  /** Newest first. */
  list(limit: number): GcRun[] {
    return this.#store.newest(limit);
  }

  override async alarm(): Promise<void> {
    const run = this.#store.running();
    if (run === undefined) {
      return;
    }
    let pauseMs = 0;
    try {
      await this.#slice(run);
    } catch (error) {
      // Handled here because the platform repeats a failed alarm for a few seconds only.
      const { failures } = this.#store.fail(run.id, String(error), Date.now());
      log.warn({ event: 'gc_interrupted', id: run.id, failures, reason: String(error) });
      pauseMs = retryAfterMs(failures);
    }
    if (this.#store.running() !== undefined) {
      await this.#alarm.setBy(Date.now() + pauseMs);
    }
  }

  async #slice(begun: GcRun): Promise<void> {
    const startedMs = Date.now();
    // Not later than now: if the clock has been set back since, everything would look old.
    const nowMs = Math.min(begun.startedAtMs, startedMs);
    const rules = { nowMs, graceMs: begun.graceMs, orphans: begun.orphans };
    const reader = new FactsReader(this.env, rules);
    if (begun.pages === 0 && !begun.dryRun) {
      // Marks of a run that failed before it deleted the sources.
      await releaseAllSources(this.env.CATALOG);
    }
    let run = begun;
    for (let page = 1; page <= PAGES_PER_SLICE && Date.now() - startedMs < SLICE_MS; page++) {
      await this.#deleteJournalled(run);
      if (run.endedAtMs !== null) {
        await this.#finish(run);
        return;
      }
      const { outcomes, after } = await sweepPage(this.env, reader, rules, run);
      addToReport(run.report, outcomes);
      const deletions = run.dryRun ? [] : outcomes.filter(({ decision }) => decision.action === 'delete');
      const keys = deletions.map(({ key }) => key);
      // From here on the deletions take place, now or after an interruption: their marks cannot be taken back.
      run = this.#store.finishPage(run, after, keys, Date.now());
    }
  }

  async #deleteJournalled({ id, deleting }: GcRun): Promise<void> {
    if (deleting.length > 0) {
      await this.env.MEDIA.delete(deleting);
      const sources = deleting.filter((key) => key.startsWith('sources/'));
      await releaseSources(this.env.CATALOG, sources);
      this.#store.clearDeleting(id);
    }
  }

  async #finish({ id, dryRun, startedAtMs, report }: GcRun): Promise<void> {
    if (!dryRun) {
      await forgetDeletedAssets(this.env.CATALOG, startedAtMs);
    }
    this.#store.finish(id);
    const removed = report.tallies.filter(({ action }) => action === 'delete');
    const deleted = removed.reduce((sum, { objects }) => sum + objects, 0);
    log.info({ event: 'gc_done', id, dryRun, listed: report.listed, deleted });
  }
}
