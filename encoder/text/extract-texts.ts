/** The text tracks of a local source file, and the captions in its picture, as WebVTT by the film's time. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import type { TextPlan } from '../../src/protocol/plan-schema.ts';
import type { TaskInputs } from '../../src/protocol/task-kinds.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type EncodeOptions, useCpuAtOnce } from '../media/encode-options.ts';
import { type RunOptions, runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import { textLimits, threadsFor } from '../media/task-budget.ts';
import { filmCues, leftOut } from './film-cues.ts';
import { captionArgs, captionedArgs, textArgs } from './text-args.ts';

type TextOptions = EncodeOptions &
  Pick<TaskInputs['text'], 'texts' | 'picture' | 'originSeconds' | 'durationSeconds' | 'isCut'>;

export type FilmText = { track: string; cues: Uint8Array<ArrayBuffer> };

const pathIn =
  ({ workDirectory }: TextOptions) =>
  (track: string): string =>
    join(workDirectory, track);

async function run(options: TextOptions, texts: readonly [TextPlan, ...TextPlan[]]): Promise<void> {
  const { sourcePath, picture, budget, signal, originSeconds, durationSeconds, onProgress } = options;
  const progress = createProgressReader(({ outSeconds }) =>
    onProgress?.(Math.min(1, Math.max(0, (outSeconds - originSeconds) / durationSeconds))),
  );
  const limited = { deadlineMs: budget.deadlineMs, limits: textLimits(budget), signal };
  const runFfmpeg = (args: readonly string[], more: Partial<RunOptions>): Promise<string> =>
    runForTask('ffmpeg', args, { ...limited, ...more }, 'decode_failed', 'reading the text tracks');
  const [first] = texts;
  if (first.streamIndex !== picture) {
    await runFfmpeg(textArgs(sourcePath, texts, options, pathIn(options)), { onLine: progress.readLine });
    return;
  }
  const pictures = captionedArgs(sourcePath, first, threadsFor(budget));
  const feed = async (stdin: Writable): Promise<void> => {
    await runFfmpeg(pictures, { drain: (stdout: Readable) => pipeline(stdout, stdin) });
  };
  await runFfmpeg(captionArgs(first, options, pathIn(options)(first.track)), { feed, onLine: progress.readLine });
}

/** Runs ffmpeg for these tracks together, or, where that fails, each alone. Returns those that cannot be read. */
async function extract(options: TextOptions, texts: readonly TextPlan[]): Promise<TextPlan[]> {
  const [first, ...others] = texts;
  if (first === undefined) {
    return [];
  }
  try {
    await run(options, [first, ...others]);
    return [];
  } catch (error) {
    // Other failures are of the machine.
    if (!(error instanceof TaskFailure) || error.code !== 'decode_failed') {
      throw error;
    }
  }
  const failed: TextPlan[] = [];
  for (const text of others.length > 0 ? texts : []) {
    failed.push(...(await extract(options, [text])));
  }
  return others.length > 0 ? failed : [first];
}

/** Throws TaskFailure where the machine fails. What is wrong with the source becomes a warning, and its track is left out. */
export async function extractTexts(options: TextOptions): Promise<{ texts: FilmText[]; warnings: Warning[] }> {
  const { texts, picture, useCpu = useCpuAtOnce } = options;
  const ofPicture = (text: TextPlan): boolean => text.streamIndex === picture;
  const failed = await useCpu(async () => [
    ...(await extract(
      options,
      texts.filter((text) => !ofPicture(text)),
    )),
    ...(await extract(options, texts.filter(ofPicture))),
  ]);
  const found: FilmText[] = [];
  const warnings: Warning[] = [];
  for (const text of texts) {
    if (failed.includes(text)) {
      warnings.push(leftOut(text, 'it cannot be read'));
      continue;
    }
    const path = pathIn(options)(text.track);
    if ((await stat(path)).size > MAX_TEXT_BYTES) {
      warnings.push(leftOut(text, `it has more than ${MAX_TEXT_BYTES / 2 ** 20} MB`));
      continue;
    }
    const film = filmCues(text, await readFile(path), options);
    warnings.push(...film.warnings);
    found.push(...(film.cues === null ? [] : [{ track: text.track, cues: film.cues }]));
  }
  return { texts: found, warnings };
}
