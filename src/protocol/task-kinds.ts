/**
 * The kinds of encode tasks, one row each: input, result, cost, rank and the objects it writes. Board, grants and encoder
 * read the rows; the runners are in encoder/tasks/run-task.ts. Pure.
 *
 * The board stores inputs and results, so a change of a schema must keep accepting what earlier releases stored.
 */
import { z } from 'zod';
import { assetIdSchema, versionIdSchema } from '../media/ids.ts';
import { audioCost, videoCost } from './encode-cost.ts';
import { encodeResultSchema } from './encode-result.ts';
import { audioPlanSchema, audioSampleCount, chunkSchema, videoPlanSchema } from './plan-schema.ts';
import { sourceFactsSchema } from './source-facts.ts';

const source = z.strictObject({ key: z.string().max(512), sizeBytes: z.int().min(0) });
const target = { assetId: assetIdSchema, version: versionIdSchema };

/** The init segments of these tracks, and their segments of these numbers. */
export type WrittenObjects = {
  assetId: string;
  version: string;
  tracks: string[];
  firstNumber: number;
  lastNumber: number;
};

type KindRow<Input extends z.ZodType, Result extends z.ZodType> = {
  input: Input;
  result: Result;
  /** Within a job, the board hands out the lowest rank first. */
  rank: number;
  /** Whether it keeps all cores of an encoder's slot busy. Any other task runs beside one that does. */
  isHeavy: boolean;
  /** Estimated seconds of one core: the task's share of the job's progress, and of its turns on the board. */
  cost: (input: z.infer<Input>) => number;
  writes: (input: z.infer<Input>) => WrittenObjects | null;
};

const kind = <Input extends z.ZodType, Result extends z.ZodType>(row: KindRow<Input, Result>) => row;

const FIRST_RANK = 0;
/** The rank of chunks of the early rendition. */
export const EARLY_RANK = 1;
const CHUNK_RANK = 2;

const ROWS = {
  /** Reads the source's facts. Nothing can be planned before. */
  inspect: kind({
    input: z.strictObject({ kind: z.literal('inspect'), source }),
    result: sourceFactsSchema,
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
  /**
   * One audio rendition, whole: split audio has priming samples at every joint. Encoded by one thread, it would be the
   * last to end on a large fleet however little it costs, so it goes out first.
   */
  audio: kind({
    input: z.strictObject({
      kind: z.literal('audio'),
      source,
      ...target,
      /** The video's origin on the source's clock, so that the offset between sound and picture is the source's. */
      originSeconds: z.number(),
      audio: audioPlanSchema,
    }),
    result: encodeResultSchema,
    rank: FIRST_RANK,
    isHeavy: false,
    cost: ({ audio }) => audioCost(audioSampleCount(audio), audio.codec),
    writes: ({ assetId, version, audio }) => ({
      assetId,
      version,
      tracks: [audio.track],
      firstNumber: 1,
      // Segments end on the access unit at or after each multiple: one more allows for the rounding.
      lastNumber: Math.ceil(audioSampleCount(audio) / audio.sampleRate / audio.segmentSeconds) + 1,
    }),
  }),
};

export type TaskKind = keyof typeof ROWS;
export type TaskInputs = { [K in TaskKind]: z.infer<(typeof ROWS)[K]['input']> };
export type TaskResults = { [K in TaskKind]: z.infer<(typeof ROWS)[K]['result']> };
export type TaskInput = TaskInputs[TaskKind];

/** The type also checks that the input of each row names the row's kind. */
export const TASK_KINDS: {
  readonly [K in TaskKind]: KindRow<z.ZodType<TaskInputs[K] & { kind: K }>, z.ZodType<TaskResults[K]>>;
} = ROWS;

const HEAVY: ReadonlySet<string> = new Set(
  Object.entries(ROWS)
    .filter(([, { isHeavy }]) => isHeavy)
    .map(([name]) => name),
);
/** Also of a kind that a later release has stored: false. */
export const isHeavyKind = (name: string): boolean => HEAVY.has(name);

const inputs = Object.values(ROWS).map(({ input }) => input);
export const taskInputSchema = z.discriminatedUnion('kind', inputs as [(typeof inputs)[number], ...typeof inputs]);

export const costOf = <K extends TaskKind>(input: TaskInputs[K] & { kind: K }): number =>
  TASK_KINDS[input.kind].cost(input);

/** Null where it writes nothing. */
export const writesOf = <K extends TaskKind>(input: TaskInputs[K] & { kind: K }): WrittenObjects | null =>
  TASK_KINDS[input.kind].writes(input);
