/** Reads the facts of a source. */
import { probeSource } from '../media/probe.ts';
import type { Runner } from './runner.ts';

export const runInspect: Runner<'inspect'> = async ({ source }, { tools, access, site: { signal, useCpu } }) =>
  await tools.sources.with(source.key, access, signal, (path) =>
    useCpu(() => probeSource(path, { signal, budget: tools.budget })),
  );
