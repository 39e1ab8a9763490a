/** The text tracks of a local source file, and the captions in its picture, as WebVTT by the film's time. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import type { TextPlan } from '../../src/protocol/plan-schema.ts';
import type { TaskInputs } from '../../src/protocol/task-kinds.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type EncodeOptions, useCpuAtOnce } from '../media/encode-options.ts';
import { runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import { textLimits, threadsFor } from '../media/task-budget.ts';
import { filmCues, leftOut } from './film-cues.ts';
import { captionArgs, textArgs } from './text-args.ts';

type TextOptions = EncodeOptions &
  Pick<TaskInputs['text'], 'texts' | 'picture' | 'originSeconds' | 'durationSeconds' | 'isCut'>;

export type FilmText = { track: string; cues: Uint8Array<ArrayBuffer> };

const pathIn =
  ({ workDirectory }: TextOptions) =>
  (track: string): string =>
    join(workDirectory, track);

async function run(options: TextOptions, args: readonly string[]): Promise<void> {
  const { budget, signal, originSeconds, durationSeconds, onProgress } = options;
  const progress = createProgressReader(({ outSeconds }) =>
    onProgress?.(Math.min(1, Math.max(0, (outSeconds - originSeconds) / durationSeconds))),
  );
  const limited = { deadlineMs: budget.deadlineMs, limits: textLimits(budget), signal, onLine: progress.readLine };
  await runForTask('ffmpeg', args, limited, 'decode_failed', 'reading the text tracks');
}

/** Runs ffmpeg for these tracks together, or, where that fails, each alone. Returns those that cannot be read. */
async function extract(options: TextOptions, texts: readonly TextPlan[]): Promise<TextPlan[]> {
  if (texts.length === 0) {
    return [];
  }
  const { sourcePath, picture, budget } = options;
  const [first] = texts;
  const isCaptions = first?.streamIndex === picture;
  const args = isCaptions
    ? captionArgs(sourcePath, first, threadsFor(budget), pathIn(options)(first.track))
    : textArgs(sourcePath, texts, pathIn(options));
  try {
    await run(options, args);
    return [];
  } catch (error) {
    // Other failures are of the machine.
    if (!(error instanceof TaskFailure) || error.code !== 'decode_failed') {
      throw error;
    }
  }
  const failed: TextPlan[] = [];
  for (const text of texts.length > 1 ? texts : []) {
    failed.push(...(await extract(options, [text])));
  }
  return texts.length > 1 ? failed : [...texts];
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
