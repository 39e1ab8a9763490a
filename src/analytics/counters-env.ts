import type { ViewCounterApi } from './facts.ts';

/** The counters of views as a binding, typed by their methods: callers need not know how they count. */
export type CountersEnv = { VIEWS: DurableObjectNamespace<ViewCounterApi & Rpc.DurableObjectBranded> };
