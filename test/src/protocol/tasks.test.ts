import { describe, expect, test } from 'vitest';
import { encodeResultSchema } from '../../../src/protocol/encode-result.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import { TASK_KINDS, type TaskInput, taskInputSchema } from '../../../src/protocol/task-kinds.ts';
import {
  completeRequestSchema,
  failRequestSchema,
  heartbeatRequestSchema,
  leaseRequestSchema,
  leaseSchema,
} from '../../../src/protocol/tasks.ts';
import { sourceFacts } from './fixture.ts';

const plan = planEncode(sourceFacts(), { preset: 'medium' });
const source = { key: 'sources/film/film.mp4', sizeBytes: 1000 };
const target = { assetId: 'film', version: 'ver1' };
const [chunk] = plan.chunks;
const [audio] = plan.audio;

const inputs = {
  inspect: { kind: 'inspect', source },
  inspect_sound: { kind: 'inspect_sound', source },
  chunk: { kind: 'chunk', source, ...target, video: plan.video, chunk },
  audio: { kind: 'audio', source, ...target, originSeconds: -0.5, audio },
};

describe('a task', () => {
  test.each(['inspect', 'inspect_sound', 'chunk', 'audio'] as const)(
    'to %s survives being written and read',
    (kind) => {
      const json = JSON.parse(JSON.stringify(inputs[kind]));
      expect(taskInputSchema.parse(json) satisfies TaskInput).toEqual(inputs[kind]);
    },
  );

  test.each([
    ['an unknown kind', { ...inputs.inspect, kind: 'dance' }],
    ['an unknown member', { ...inputs.inspect, extra: 1 }],
    ['another kind’s members', { ...inputs.inspect, ...target }],
    ['no source', { kind: 'inspect' }],
    ['a negative size', { kind: 'inspect', source: { ...source, sizeBytes: -1 } }],
    ['an asset id that is a path', { ...inputs.chunk, assetId: '../x' }],
    ['a chunk of no frames', { ...inputs.chunk, chunk: { ...chunk, frameCount: 0 } }],
    ['a preset that does not exist', { ...inputs.chunk, video: { ...plan.video, preset: '-vf' } }],
    [
      'an odd width',
      { ...inputs.chunk, video: { ...plan.video, renditions: [{ ...plan.video.renditions[0], width: 427 }] } },
    ],
    ['no rendition', { ...inputs.chunk, video: { ...plan.video, renditions: [] } }],
    ['sound of four channels', { ...inputs.audio, audio: { ...audio, channels: 4 } }],
    ['an origin that is no number', { ...inputs.audio, originSeconds: null }],
  ])('may not have %s', (_, value) => {
    expect(taskInputSchema.safeParse(value).success).toBe(false);
  });
});

describe('a lease request', () => {
  const encoder = { id: 'enc-1.local', version: '0.1.0', cores: 2, memoryBytes: 1 };

  test('names the encoder', () => {
    expect(leaseRequestSchema.safeParse({ encoder }).success).toBe(true);
  });

  test.each([
    ['no encoder', {}],
    ['an empty id', { encoder: { ...encoder, id: '' } }],
    ['an id with a line feed', { encoder: { ...encoder, id: 'a\nb' } }],
    ['an id of 65 characters', { encoder: { ...encoder, id: 'a'.repeat(65) } }],
    ['no cores', { encoder: { ...encoder, cores: 0 } }],
    ['an unknown member', { encoder, extra: 1 }],
  ])('may not have %s', (_, value) => {
    expect(leaseRequestSchema.safeParse(value).success).toBe(false);
  });
});

describe('a lease', () => {
  const lease = {
    task: { id: 'job-inspect', attempt: '1', input: inputs.inspect },
    lease: 'a'.repeat(24),
    ttlSeconds: 30,
    heartbeatSeconds: 5,
  };

  test.each([
    ['the defaults', lease],
    ['the longest times that can be configured', { ...lease, ttlSeconds: 3600, heartbeatSeconds: 1200 }],
    ['the shortest times that can be configured', { ...lease, ttlSeconds: 1, heartbeatSeconds: 0.1 }],
  ])('may have %s', (_, value) => {
    expect(leaseSchema.safeParse(value).success).toBe(true);
  });

  test.each([
    ['a guessable secret', { ...lease, lease: 'a' }],
    ['no time', { ...lease, ttlSeconds: 0 }],
    ['attempt 0', { ...lease, task: { ...lease.task, attempt: '0' } }],
    ['a task id that is a path', { ...lease, task: { ...lease.task, id: 'a/b' } }],
  ])('may not have %s', (_, value) => {
    expect(leaseSchema.safeParse(value).success).toBe(false);
  });
});

describe('a report', () => {
  const track = {
    track: 'v720',
    codec: 'avc1.64001f',
    timescale: 24_000,
    init: { bytes: 800, sha256: '0'.repeat(64) },
    firstNumber: 1,
    baseDecodeTime: 0,
    segments: [[96_000, 10]],
  };
  const withTrack = (change: object) => ({ tracks: [{ ...track, ...change }] });

  test('of a chunk or of sound lists tracks', () => {
    expect(TASK_KINDS.chunk.result.safeParse({ tracks: [track] }).success).toBe(true);
    expect(TASK_KINDS.audio.result.safeParse({ tracks: [track] }).success).toBe(true);
  });

  test('of an inspection is source facts, nothing else', () => {
    expect(TASK_KINDS.inspect.result.safeParse(sourceFacts()).success).toBe(true);
    expect(TASK_KINDS.inspect.result.safeParse({ tracks: [track] }).success).toBe(false);
    expect(TASK_KINDS.chunk.result.safeParse(sourceFacts()).success).toBe(false);
  });

  test.each([
    ['no tracks', { tracks: [] }],
    ['145 tracks', { tracks: new Array(145).fill(track) }],
    ['an unknown member', { tracks: [track], extra: 1 }],
    ['an unknown member of a track', withTrack({ extra: 1 })],
    ['a track id that is a path', withTrack({ track: '../v720' })],
    ['no segments', withTrack({ segments: [] })],
    ['a segment of 257 MiB', withTrack({ segments: [[96_000, 257 * 1024 * 1024]] })],
    ['a segment without time', withTrack({ segments: [[0, 10]] })],
    ['a decode time before zero', withTrack({ baseDecodeTime: -1 })],
    ['an init segment without bytes', withTrack({ init: { bytes: 0, sha256: '0'.repeat(64) } })],
    ['a digest that is none', withTrack({ init: { bytes: 1, sha256: 'zz' } })],
    ['a key frame without bytes', withTrack({ keyframeBytes: [0] })],
  ])('may not have %s', (_, value) => {
    expect(encodeResultSchema.safeParse(value).success).toBe(false);
  });

  test.each([
    ['a heartbeat over 100 %', heartbeatRequestSchema, { lease: 'a', progress: 1.01 }],
    ['a heartbeat below 0', heartbeatRequestSchema, { lease: 'a', progress: -0.01 }],
    ['a heartbeat that is no number', heartbeatRequestSchema, { lease: 'a', progress: null }],
    ['a heartbeat without a lease', heartbeatRequestSchema, { progress: 0 }],
    ['a completion without a lease', completeRequestSchema, { result: {} }],
    ['a completion with a lease of 65 characters', completeRequestSchema, { lease: 'a'.repeat(65), result: {} }],
    ['a failure with an unknown code', failRequestSchema, { lease: 'a', error: { code: 'bad_mood', message: '' } }],
    ['a failure without an error', failRequestSchema, { lease: 'a' }],
    [
      'a failure with an essay',
      failRequestSchema,
      { lease: 'a', error: { code: 'internal', message: 'x'.repeat(1001) } },
    ],
  ])('may not be %s', (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});

test('what an encoder says of a failure is cleaned where it comes in', () => {
  const error = {
    code: 'decode_failed',
    message: 'No\u001b[2J\nready http://evil',
    detail: 'one\ntwo\u009b2J\u202e',
  };
  expect(failRequestSchema.parse({ lease: 'x', error }).error).toEqual({
    code: 'decode_failed',
    message: 'No [2J ready http://evil',
    detail: 'one\ntwo 2J ',
  });
});
