/** Inspects local files with the encoder's own code, for benchmarks and tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_BUDGET, type ProbeOptions } from '../../encoder/inspect/ffprobe.ts';
import { inspectSource, type ReadSource } from '../../encoder/inspect/inspect-source.ts';
import { remuxSource } from '../../encoder/media/remux.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';

/** The facts of a local file, and where tasks read it. Its copy is written to `copyPath` if it needs one. */
export async function inspectLocal(
  path: string,
  copyPath: string,
  options: ProbeOptions = {},
): Promise<{ facts: SourceFacts; readPath: string }> {
  const read: ReadSource = async (remux, use) => {
    if (remux === undefined) {
      return await use(path);
    }
    await remuxSource(path, remux, copyPath, { budget: DEFAULT_BUDGET, ...options });
    return await use(copyPath);
  };
  const facts = await inspectSource(read, options);
  return { facts, readPath: facts.remux === undefined ? path : copyPath };
}

/** The facts of a local file. What is remuxed for it is removed. */
export async function probeSource(path: string, options: ProbeOptions = {}): Promise<SourceFacts> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-probe-'));
  try {
    return (await inspectLocal(path, join(folder, 'copy.nut'), options)).facts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
