/**
 * Tells the root what has changed, as often as the root wishes. Nothing is lost with a report: the next one says the same
 * and more, and the alarm makes one at the latest.
 */
import { log } from '../../platform/log.ts';
import type { ReportAnswer } from './shard-report.ts';

export type ReporterOptions = {
  report: () => Promise<ReportAnswer>;
  wait: (ms: number) => Promise<unknown>;
};

/** Until the root has said otherwise. */
const FIRST_INTERVAL_MS = 500;

export class ShardReporter {
  readonly #options: ReporterOptions;
  #hasChanged = false;
  #isRunning = false;
  #sentMs = 0;
  #intervalMs = FIRST_INTERVAL_MS;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Reports soon; settles when there is nothing more to tell, or a report has failed. */
  async changed(): Promise<void> {
    this.#hasChanged = true;
    if (this.#isRunning) {
      return;
    }
    this.#isRunning = true;
    try {
      while (this.#hasChanged) {
        const pauseMs = this.#sentMs + this.#intervalMs - Date.now();
        if (pauseMs > 0) {
          await this.#options.wait(Math.min(pauseMs, this.#intervalMs));
        }
        await this.#now();
      }
    } catch (error) {
      log.warn({ event: 'views_unreported', reason: String(error) });
    } finally {
      this.#isRunning = false;
    }
  }

  async #now(): Promise<void> {
    this.#hasChanged = false;
    this.#sentMs = Date.now();
    const { intervalMs } = await this.#options.report();
    this.#intervalMs = intervalMs;
  }
}
