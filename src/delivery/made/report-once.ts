/** Tells control that a source does not play after all: each isolate, once a minute for a version. */
import type { NotStandardCode } from '../../media/source/not-standard.ts';
import { log } from '../../platform/log.ts';
import { LruMap } from '../../platform/lru-map.ts';
import type { WaitUntil } from '../../platform/single-flight.ts';
import { REPORT_AGAIN_MS, REPORTS_MAX } from './limits.ts';

export type SourceReport = { assetId: string; version: string; code: NotStandardCode };

export class ReportOnce {
  readonly #send: (report: SourceReport) => Promise<void>;
  readonly #waitUntil: WaitUntil;
  readonly #now: () => number;
  /** When. */
  readonly #sent = new LruMap<string, number>(REPORTS_MAX);

  constructor(send: (report: SourceReport) => Promise<void>, waitUntil: WaitUntil, now: () => number) {
    this.#send = send;
    this.#waitUntil = waitUntil;
    this.#now = now;
  }

  report(report: SourceReport): void {
    const { assetId, version, code } = report;
    const key = `${assetId}/${version}`;
    const nowMs = this.#now();
    if (nowMs - (this.#sent.get(key) ?? Number.NEGATIVE_INFINITY) < REPORT_AGAIN_MS) {
      return;
    }
    this.#sent.set(key, nowMs);
    log.warn({ event: 'source_not_playable', asset: assetId, version, code });
    const work = this.#send(report).catch((error: unknown) => {
      // The next request that meets it reports it again.
      this.#sent.delete(key);
      log.error({ event: 'source_report_failed', asset: assetId, version, reason: String(error) });
    });
    this.#waitUntil(work);
  }
}
