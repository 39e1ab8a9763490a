/**
 * A source through the encoder's own code, without Worker and network: inspect, plan, encode, join. All that measures
 * whole films (this benchmark, test/encoder) goes through here.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Encoded } from '../../encoder/media/encode-options.ts';
import type { PackagedOutput } from '../../encoder/media/segments.ts';
import { encodeChunk } from '../../encoder/picture/encode-chunk.ts';
import { encodeAudio } from '../../encoder/sound/encode-sound.ts';
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { EncodeOptions } from '../../src/protocol/encode-options.ts';
import { planEncode } from '../../src/protocol/plan.ts';
import type { AudioPlan, EncodePlan, VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { inspectLocal } from './inspect-local.ts';

/** Of a small encoder: real encodes have to fit into it. */
export const BUDGET = { cores: 2, memoryBytes: 2 * 1024 ** 3, deadlineMs: 60_000 };

export async function encodeChunks(sourcePath: string, plan: EncodePlan, directory: string): Promise<Encoded[]> {
  const { video } = plan;
  const encoded: Encoded[] = [];
  for (const chunk of plan.chunks) {
    const workDirectory = join(directory, `chunk-${chunk.index}`);
    await mkdir(workDirectory);
    encoded.push(await encodeChunk({ sourcePath, video, chunk, workDirectory, budget: BUDGET }));
  }
  return encoded;
}

/** When the film begins on the source's clock: the first frame, or the sound before it (control/encoding/plan). */
export function originOf({ source, frameRate, leadFrames = 0 }: VideoPlan): number {
  return source.startTicks * fractionToNumber(source.timeBase) - leadFrames / fractionToNumber(frameRate);
}

export async function encodeSound(
  sourcePath: string,
  video: VideoPlan,
  audio: AudioPlan,
  directory: string,
): Promise<Encoded> {
  const workDirectory = join(directory, audio.track);
  await mkdir(workDirectory);
  return await encodeAudio({ sourcePath, audio, originSeconds: originOf(video), workDirectory, budget: BUDGET });
}

/** Joins the first init segment and all segments, which is what a player gets. */
export async function joinSegments(outputs: readonly PackagedOutput[], path: string): Promise<string> {
  const parts = [
    ...outputs.slice(0, 1).map(({ initPath }) => initPath),
    ...outputs.flatMap(({ segmentPaths }) => segmentPaths),
  ];
  await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  return path;
}

export type Film = {
  /** The file that tasks read: the source, or its remuxed copy. */
  path: string;
  facts: SourceFacts;
  plan: EncodePlan;
  /** Of inspection and all tasks. */
  warnings: Warning[];
  /** A file for each rendition and for each audio track, in the plan's order. */
  videoPaths: string[];
  soundPaths: string[];
};

/** `replan` may cut the plan in another way; `options`: of the asset. Throws TaskFailure as the tasks do. */
export async function encodeFilm(
  sourcePath: string,
  directory: string,
  replan = (plan: EncodePlan): EncodePlan => plan,
  options: EncodeOptions = {},
): Promise<Film> {
  const { facts, readPath: path } = await inspectLocal(sourcePath, join(directory, 'copy.nut'), { budget: BUDGET });
  const plan = replan(planEncode(facts, { ...options, preset: 'ultrafast', chunkSegments: 1, early: 'off' }));
  const chunks = await encodeChunks(path, plan, directory);
  const videoPaths: string[] = [];
  for (const [index, { track }] of plan.video.renditions.entries()) {
    const outputs = chunks.flatMap((chunk) => chunk.outputs.slice(index, index + 1));
    videoPaths.push(await joinSegments(outputs, join(directory, `${track}.mp4`)));
  }
  const warnings = [...facts.warnings, ...chunks.flatMap((chunk) => chunk.warnings)];
  const soundPaths: string[] = [];
  for (const audio of plan.audio) {
    const sound = await encodeSound(path, plan.video, audio, directory);
    // The other formats of a sound say the same.
    warnings.push(...(audio.formatOf === undefined ? sound.warnings : []));
    soundPaths.push(await joinSegments(sound.outputs, join(directory, `${audio.track}.mp4`)));
  }
  return { path, facts, plan, warnings, videoPaths, soundPaths };
}
