/** Tells control, once per version and isolate, that a source does not play after all. */
import type { NotStandardCode } from '../../media/source/not-standard.ts';
import { log } from '../../platform/log.ts';
import { LruMap } from '../../platform/lru-map.ts';
import type { WaitUntil } from '../../platform/single-flight.ts';
import { REPORTS_MAX } from './limits.ts';

export type SourceReport = { assetId: string; version: string; code: NotStandardCode };

export class ReportOnce {
  readonly #send: (report: SourceReport) => Promise<void>;
  readonly #waitUntil: WaitUntil;
  readonly #sent = new LruMap<string, true>(REPORTS_MAX);

  constructor(send: (report: SourceReport) => Promise<void>, waitUntil: WaitUntil) {
    this.#send = send;
    this.#waitUntil = waitUntil;
  }

  report(report: SourceReport): void {
    const { assetId, version, code } = report;
    const key = `${assetId}/${version}`;
    if (this.#sent.get(key) !== undefined) {
      return;
    }
    this.#sent.set(key, true);
    log.warn({ event: 'source_not_playable', asset: assetId, version, code });
    const work = this.#send(report).catch((error: unknown) => {
      // The next request that meets it reports it again.
      this.#sent.delete(key);
      log.error({ event: 'source_report_failed', asset: assetId, version, reason: String(error) });
    });
    this.#waitUntil(work);
  }
}
