/** How the rest of the Worker reaches the garbage collector. */
import type { GarbageCollector } from './garbage-collector.ts';

export type GcEnv = { GARBAGE_COLLECTOR: DurableObjectNamespace<GarbageCollector> };

/** The one of this deployment, so that there is one run at a time. */
export const garbageCollector = ({ GARBAGE_COLLECTOR }: GcEnv): DurableObjectStub<GarbageCollector> =>
  GARBAGE_COLLECTOR.get(GARBAGE_COLLECTOR.idFromName('main'));
