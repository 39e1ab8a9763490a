/** How the rest of the Worker reaches the garbage collector. */
import type { Collector } from './garbage-collector.ts';

export type GcEnv = { COLLECTOR: DurableObjectNamespace<Collector> };

/** The one of this deployment, so that there is one run at a time. */
export const garbageCollector = ({ COLLECTOR }: GcEnv): DurableObjectStub<Collector> =>
  COLLECTOR.get(COLLECTOR.idFromName('main'));
