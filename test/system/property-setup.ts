/**
 * Before each test file: fast-check draws from a seed that is fixed, so that what was green stays green.
 * `PROPERTY_SEED=random` (or a number) explores others, and `PROPERTY_RUNS` says how many cases of those that name no number.
 */
import fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    propertySeed: number;
    propertyRuns: number | null;
  }
}

const runs = inject('propertyRuns');
fc.configureGlobal({ seed: inject('propertySeed'), ...(runs === null ? {} : { numRuns: runs }) });
