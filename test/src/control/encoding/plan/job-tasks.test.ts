import { expect, test } from 'vitest';
import { audioTasks, chunkTasks, inspectTask, textTask } from '../../../../../src/control/encoding/plan/job-tasks.ts';
import { taskIdSchema } from '../../../../../src/media/ids.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import { taskInputSchema } from '../../../../../src/protocol/task-kinds.ts';
import { sourceFacts } from '../../../protocol/fixture.ts';

const JOB = { jobId: 'job', assetId: 'film', version: 'ver1' };
const SOURCE = { key: 'sources/film/film.ts', sizeBytes: 1000 };
const REMUX = { streams: [1, 0], shifts: [{ stream: 0, packet: 100, seconds: 4 }] };

const facts = sourceFacts({ startTicks: 90_000, timeBase: { num: 1, den: 90_000 } });
const plan = planEncode(facts, { preset: 'medium' });

const originOf = (leadFrames: number | undefined): unknown => {
  const video = leadFrames === undefined ? plan.video : { ...plan.video, leadFrames };
  const [task] = audioTasks(JOB, SOURCE, { ...plan, video });
  return task?.input.kind === 'audio' ? task.input.originSeconds : undefined;
};

test('sound begins with the first frame of the film, which may come before the first of the source', () => {
  expect(originOf(undefined)).toBe(1);
  const { num, den } = plan.video.frameRate;
  expect(originOf(48)).toBeCloseTo(1 - (48 * den) / num, 12);
});

test('text is one task, by the time of the film or of the part that is shown', () => {
  const text = { streamIndex: 2, codec: 'subrip', kind: 'subtitles', language: 'de', isDefault: false } as const;
  const subtitled = { ...facts, texts: [text] };
  const inputOf = (options: { start?: number; end?: number }): unknown =>
    textTask(JOB, SOURCE, planEncode(subtitled, { preset: 'medium', ...options }))?.input;
  expect(textTask(JOB, SOURCE, plan)).toBeNull();
  const whole = {
    originSeconds: 1,
    durationSeconds: 10,
    isCut: false,
    picture: 0,
    texts: [{ track: 't-de', ...text }],
  };
  expect(taskInputSchema.parse(inputOf({}))).toMatchObject({ kind: 'text', ...whole });
  expect(inputOf({ start: 2, end: 5 })).toMatchObject({ originSeconds: 3, durationSeconds: 3, isCut: true });
});

test('all tasks but the inspection are told how the source is remuxed', () => {
  const tasks = [
    ...audioTasks(JOB, { ...SOURCE, remux: REMUX }, plan),
    ...chunkTasks(JOB, { ...SOURCE, remux: REMUX }, plan),
  ];
  for (const { input } of tasks) {
    expect(taskInputSchema.parse(input)).toHaveProperty('source', { ...SOURCE, remux: REMUX });
  }
  expect(inspectTask(JOB, SOURCE).input).toEqual({ kind: 'inspect', source: SOURCE });
  // Encoders of the release before refuse a source that has the member.
  expect(chunkTasks(JOB, SOURCE, plan)[0]?.input).toHaveProperty('source', SOURCE);
});

test('sound in parts is a task for each, whose ids are of no other track', () => {
  const chunk = (index: number) => ({ index, firstFrame: 100 * index, frameCount: 100, firstNumber: index + 1 });
  const [first] = plan.audio;
  if (first === undefined) {
    throw new TypeError('no sound');
  }
  const audio = [first, { ...first, track: `${first.track}-1` }];
  const tasks = audioTasks(JOB, SOURCE, { ...plan, audio, audioChunks: { [first.track]: [chunk(0), chunk(1)] } });
  expect(tasks.map(({ id }) => id)).toEqual(['job-a128-eng_0', 'job-a128-eng_1', 'job-a128-eng-1']);
  expect(tasks.map(({ input }) => (input.kind === 'audio' ? input.chunk?.firstNumber : null))).toEqual([
    1,
    2,
    undefined,
  ]);
  expect(tasks.map(({ id }) => taskIdSchema.safeParse(id).success)).toEqual([true, true, true]);
});

test('sound of a part of a film begins with its first frame', () => {
  expect(originOf(-48)).toBeCloseTo(1 + 2, 12);
});
