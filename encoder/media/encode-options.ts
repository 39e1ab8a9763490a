/** What every encode gets. */
import type { Loudness } from '../../src/media/presentation.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import type { PackagedOutput } from './segments.ts';
import type { TaskBudget } from './task-budget.ts';

/** Calls `use` as soon as there are cores for it. */
export type UseCpu = <T>(use: () => Promise<T>) => Promise<T>;
export const useCpuAtOnce: UseCpu = (use) => use();

export type EncodeOptions = {
  sourcePath: string;
  /** An empty folder. The caller removes it. */
  workDirectory: string;
  budget: TaskBudget;
  /** Runs ffmpeg when there are cores for it. Packaging and checking are not part of it. */
  useCpu?: UseCpu;
  signal?: AbortSignal;
  /** 0 to 1. Starts again at 0 when a chunk is decoded again from further back. */
  onProgress?: (fraction: number) => void;
};

/** What a task has made, and what it found of the source on the way. */
export type Encoded = { outputs: PackagedOutput[]; warnings: Warning[]; loudness?: Loudness };
