/**
 * The kinds of encode tasks, one row each: input, result, cost, rank and the objects it writes. Board, grants and
 * encoder read the rows; encoder/tasks/run-task.ts has the runners. Pure.
 *
 * The board stores inputs and results, so a changed schema must still accept what earlier releases stored.
 */
import { z } from 'zod';
import { assetIdSchema, versionIdSchema } from '../media/ids.ts';
import type { VersionRef } from '../media/keys.ts';
import { audioCost, videoCost } from './encode-cost.ts';
import { encodeResultSchema } from './encode-result.ts';
import { audioPlanSchema, audioSampleCount, chunkSchema, videoPlanSchema } from './plan-schema.ts';
import { soundFactsSchema } from './sound-facts.ts';
import { remuxSchema, sourceFactsSchema } from './source-facts.ts';

const sourceFields = { key: z.string().max(512), sizeBytes: z.int().min(0) };
/** With what `inspect` found out. Encoders of earlier releases refuse a source that has to be remuxed. */
const source = z.strictObject({ ...sourceFields, remux: remuxSchema.optional() });
const target = { assetId: assetIdSchema, version: versionIdSchema };

/** The init segments of these tracks, and their segments of these numbers. */
type WrittenObjects = VersionRef & { tracks: string[]; firstNumber: number; lastNumber: number };

type KindRow<Input extends z.ZodType, Result extends z.ZodType> = {
  input: Input;
  result: Result;
  /** Within a job, the board hands out the lowest rank first. */
  rank: number;
  /** Whether it keeps all cores of an encoder's slot busy. Other tasks run beside a heavy one. */
  isHeavy: boolean;
  /** Estimated seconds of one core: the task's share of the job's progress and of its turns on the board. */
  cost: (input: z.infer<Input>) => number;
  writes: (input: z.infer<Input>) => WrittenObjects | null;
};

const kind = <Input extends z.ZodType, Result extends z.ZodType>(row: KindRow<Input, Result>) => row;

const FIRST_RANK = 0;
/** For chunks of the early rendition. */
export const EARLY_RANK = 1;
const CHUNK_RANK = 2;

const ROWS = {
  /** Reads the source's facts, which every plan needs. */
  inspect: kind({
    input: z.strictObject({ kind: z.literal('inspect'), source: z.strictObject(sourceFields) }),
    result: sourceFactsSchema,
    rank: FIRST_RANK,
    isHeavy: false,
    cost: () => 0,
    writes: () => null,
  }),
  /** Reads the facts of sound that is added to a film. Encoders of earlier releases refuse it. */
  inspect_sound: kind({
    input: z.strictObject({ kind: z.literal('inspect_sound'), source: z.strictObject(sourceFields) }),
    result: soundFactsSchema,
    rank: FIRST_RANK,
    isHeavy: false,
    cost: () => 0,
    writes: () => null,
  }),
  /** One decode of a chunk's frames → every rendition → CMAF segments in the bucket. */
  chunk: kind({
    input: z.strictObject({ kind: z.literal('chunk'), source, ...target, video: videoPlanSchema, chunk: chunkSchema }),
    result: encodeResultSchema,
    rank: CHUNK_RANK,
    isHeavy: true,
    cost: ({ video, chunk }) => videoCost(video, chunk.frameCount),
    writes: ({ assetId, version, video, chunk }) => ({
      assetId,
      version,
      tracks: video.renditions.map(({ track }) => track),
      firstNumber: chunk.firstNumber,
      lastNumber: chunk.firstNumber + Math.ceil(chunk.frameCount / video.segmentFrames) - 1,
    }),
  }),
  /** One audio rendition, or a part of it. One thread encodes it, so it goes out first, or it would end last. */
  audio: kind({
    input: z.strictObject({
      kind: z.literal('audio'),
      source,
      ...target,
      /** The video's origin on the source's clock, so that the offset between sound and picture is the source's. */
      originSeconds: z.number(),
      audio: audioPlanSchema,
      /** Access units of the rendition. Left out: all. Encoders of earlier releases refuse a part. */
      chunk: chunkSchema.optional(),
    }),
    result: encodeResultSchema,
    rank: FIRST_RANK,
    isHeavy: false,
    cost: ({ audio, chunk }) => audioCost(audio, chunk),
    writes: ({ assetId, version, audio, chunk }) => ({
      assetId,
      version,
      tracks: [audio.track],
      firstNumber: chunk?.firstNumber ?? 1,
      // Segments end on the access unit at or after each multiple: one more allows for the rounding.
      lastNumber:
        (chunk?.firstNumber ?? 1) +
        Math.ceil(audioSampleCount({ ...audio, ...chunk }) / audio.sampleRate / audio.segmentSeconds),
    }),
  }),
};

export type TaskKind = keyof typeof ROWS;
export type TaskInputs = { [K in TaskKind]: z.infer<(typeof ROWS)[K]['input']> };
export type TaskResults = { [K in TaskKind]: z.infer<(typeof ROWS)[K]['result']> };
export type TaskInput = TaskInputs[TaskKind];

/** The type checks that the input of each row names the row's kind. */
export const TASK_KINDS: {
  readonly [K in TaskKind]: KindRow<z.ZodType<TaskInputs[K] & { kind: K }>, z.ZodType<TaskResults[K]>>;
} = ROWS;

/** False for a kind that only a later release knows. */
export const isHeavyKind = (name: string): boolean =>
  Object.entries(ROWS).some(([kindName, { isHeavy }]) => kindName === name && isHeavy);

const inputs = Object.values(ROWS).map(({ input }) => input);
export const taskInputSchema = z.discriminatedUnion('kind', inputs as [(typeof inputs)[number], ...typeof inputs]);

export const costOf = <K extends TaskKind>(input: TaskInputs[K] & { kind: K }): number =>
  TASK_KINDS[input.kind].cost(input);

/** Null where it writes nothing. */
export const writesOf = <K extends TaskKind>(input: TaskInputs[K] & { kind: K }): WrittenObjects | null =>
  TASK_KINDS[input.kind].writes(input);
