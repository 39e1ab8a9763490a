/** This isolate's reports to the Metrics object. They are sent after requests, without timers; no request waits for one. */

import { waitUntil } from 'cloudflare:workers';
import type { MiddlewareHandler } from 'hono';
import { log } from '../platform/log.ts';
import { type IsolateReport, IsolateReporter } from './isolate-reporter.ts';
import { meter, type Totals } from './meter.ts';
import type { Metrics } from './metrics-object.ts';
import { tierCounters } from './tier-counters.ts';

export type MetricsEnv = { METRICS: DurableObjectNamespace<Metrics> };

const reporter = new IsolateReporter(meter);

function makeReport(): IsolateReport {
  meter.absorb(tierCounters);
  return reporter.makeReport(Date.now());
}

/** The one object of this deployment. Its limit, 1,000 requests/s, is reached at 15,000 busy isolates. */
const metricsOf = ({ METRICS }: MetricsEnv): DurableObjectStub<Metrics> => METRICS.get(METRICS.idFromName('main'));

async function sendReport(env: MetricsEnv): Promise<void> {
  const report = makeReport();
  try {
    if (await metricsOf(env).report(report.isolate, report.totals)) {
      reporter.noteArrived(report);
    }
  } catch (error) {
    // Reports hold totals, not differences: the next one makes up for this.
    log.warn({ event: 'metrics_unreported', reason: String(error) });
  }
}

/** Cheap while no report is due. Also for entrypoints and objects that count outside the app. */
export function reportIfDue(env: MetricsEnv): void {
  if (reporter.isDue(Date.now())) {
    waitUntil(sendReport(env));
  }
}

export function reportMetrics(): MiddlewareHandler<{ Bindings: MetricsEnv }> {
  return async function reportMetrics(c, next) {
    await next();
    reportIfDue(c.env);
  };
}

/** The sums of all isolates, with the latest counts of this one. */
export async function collectTotals(env: MetricsEnv): Promise<Totals> {
  const report = makeReport();
  const { taken, totals } = await metricsOf(env).collect(report.isolate, report.totals);
  if (taken) {
    reporter.noteArrived(report);
  }
  return totals;
}
