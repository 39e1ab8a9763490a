/** Every gauge, for `/metrics` and docs/reference/metrics.md. Pure. */
import { JOB_STATUSES } from '../catalog/rows.ts';
import type { Gauge } from '../metrics/exposition.ts';

/** At a scrape each 15 s, all counts together read at most 10 million rows an hour, about a cent. */
export const COUNTED_MAX = 10_000;

type GaugeSeries = { name: string; help: string; states: readonly string[] };

export const GAUGES = {
  tasks: {
    name: 'sluice_tasks',
    help: 'Encode tasks: waiting is the depth of the queue, leased is what encoders work on, dead was given up. Scale encoders by waiting and leased.',
    states: ['waiting', 'leased', 'dead'],
  },
  oldestWaitingTask: {
    name: 'sluice_oldest_waiting_task_seconds',
    help: 'Age of the oldest job that has a task waiting for an encoder; 0 while none waits. Alert on it.',
    states: [],
  },
  encodersLeasing: {
    name: 'sluice_encoders_leasing',
    help: 'Encoders that hold at least one lease.',
    states: [],
  },
  encoders: {
    name: 'sluice_encoders',
    help: 'Encoders seen within a day: at work, asking for work, or silent for a minute.',
    states: ['active', 'idle', 'gone'],
  },
  jobs: {
    name: 'sluice_jobs',
    help: `Jobs under way, and those made within 24 hours that have ended; counting stops at ${COUNTED_MAX} of each.`,
    states: JOB_STATUSES,
  },
  deliveries: {
    name: 'sluice_webhook_deliveries',
    help: `Webhook deliveries that are due or waiting, and those given up; counting stops at ${COUNTED_MAX} of each.`,
    states: ['pending', 'dead'],
  },
  webhooks: {
    name: 'sluice_webhooks',
    help: 'Registered webhooks; a disabled one is told nothing.',
    states: ['enabled', 'disabled'],
  },
} as const satisfies Record<string, GaugeSeries>;

/** `values`: by state, if the series has states. An empty state is shown as 0, so that alerts see it fall. */
export function gauge({ name, help, states }: GaugeSeries, values: number | Readonly<Record<string, number>>): Gauge {
  if (typeof values === 'number') {
    return { name, help, samples: [{ labels: {}, value: values }] };
  }
  return { name, help, samples: states.map((state) => ({ labels: { state }, value: values[state] ?? 0 })) };
}
