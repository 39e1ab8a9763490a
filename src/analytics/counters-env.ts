/** The counters of views as a binding. */
import type { ViewCounterApi } from './facts.ts';

/** Typed by what they answer: whoever asks one has no business with how it counts. */
export type CountersEnv = { VIEWS: DurableObjectNamespace<ViewCounterApi & Rpc.DurableObjectBranded> };
