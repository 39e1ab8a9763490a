/** Runs ffprobe on one local file. */
import type { z } from 'zod';
import { MAX_FRAME_COUNT } from '../../src/media/limits.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { GUARDS, probeArgs, STRANGER_GUARDS } from '../media/ffmpeg-args.ts';
import { runForTask } from '../media/process.ts';
import { probeLimits, type TaskBudget, threadsFor } from '../media/task-budget.ts';

export const HEADER_DEADLINE_MS = 60_000;
/** The packet list reads the whole file: 100 GB from a slow disk. */
export const PACKETS_DEADLINE_MS = 20 * 60_000;
/** Decoding twelve hours of standard definition, the kind of source that needs it. */
export const DECODE_DEADLINE_MS = 60 * 60_000;

export type ProbeOptions = { signal?: AbortSignal; budget?: TaskBudget };

/** For tools and tests that inspect their own files. */
export const DEFAULT_BUDGET: TaskBudget = { cores: 2, memoryBytes: 4 * 1024 ** 3, deadlineMs: DECODE_DEADLINE_MS };

/** A file and how it is read: a source from outside as a stranger, our own copy of one as itself. */
export type ProbedFile = { path: string; guards: readonly string[] };
export const strangerFile = (path: string): ProbedFile => ({ path, guards: STRANGER_GUARDS });
export const copiedFile = (path: string): ProbedFile => ({ path, guards: GUARDS });

/** For other runs of ffprobe and ffmpeg on the source. */
export const runOf = ({ signal, budget = DEFAULT_BUDGET }: ProbeOptions) => ({
  deadlineMs: Math.min(DECODE_DEADLINE_MS, budget.deadlineMs),
  limits: probeLimits(budget),
  signal,
  threads: threadsFor(budget),
});

type Run = { deadlineMs: number; onLine?: (line: string) => void; onErrorLine?: (line: string) => void };

export async function ffprobe(file: ProbedFile, show: readonly string[], run: Run, options: ProbeOptions) {
  const { signal, budget = DEFAULT_BUDGET } = options;
  const args = probeArgs(file.path, show, threadsFor(budget), file.guards);
  const deadlineMs = Math.min(run.deadlineMs, budget.deadlineMs);
  const limited = { ...run, deadlineMs, limits: probeLimits(budget), signal };
  return await runForTask('ffprobe', args, limited, 'source_not_media', 'reading the source');
}

export async function probeJson<T>(
  schema: z.ZodType<T>,
  file: ProbedFile,
  show: readonly string[],
  options: ProbeOptions,
): Promise<T> {
  const text = await ffprobe(file, [...show, '-of', 'json'], { deadlineMs: HEADER_DEADLINE_MS }, options);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TaskFailure('source_not_media', 'What the source says of itself makes no sense', { cause });
  }
}

/** Prints `entries` as lines of comma-separated values, of one stream or of all. */
export const showLines = (entries: string, stream?: { index: number }): string[] => [
  ...(stream === undefined ? [] : ['-select_streams', String(stream.index)]),
  ...['-show_entries', entries, '-of', 'csv=p=0'],
];

export const integerOf = (text: string | undefined): number | null =>
  text !== undefined && text !== '' && Number.isSafeInteger(Number(text)) ? Number(text) : null;

export const secondsOf = (text: string | undefined): number | null =>
  text !== undefined && text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;

export function checkFrameCount(count: number): void {
  if (count > MAX_FRAME_COUNT) {
    throw new TaskFailure('source_unsupported', `The source has more than ${MAX_FRAME_COUNT} frames`);
  }
}
