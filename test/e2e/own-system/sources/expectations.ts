/** What the tests of sources expect of every refusal and of every film that plays. */
import { expect } from 'vitest';
import type { TaskErrorCode } from '../../../../src/protocol/tasks.ts';
import { type Stream, streamsOf } from './measure.ts';
import type { Outcome, SourcesSystem } from './outcomes.ts';

/** Refused with this code and a sentence, and once: trying again cannot help. */
export async function expectRefusal(sources: SourcesSystem, file: string, code: TaskErrorCode): Promise<void> {
  const { asset, tasks } = await sources.outcomeOf(file);
  expect(asset.status).toBe('failed');
  expect(asset.error).toMatchObject({ code, message: expect.stringMatching(/\w/) });
  expect(tasks.map(({ kind, state, attempt }) => ({ kind, state, attempt }))).toEqual([
    { kind: 'inspect', state: 'dead', attempt: 1 },
  ]);
}

export type Film = Outcome & { video: Stream; streams: Stream[] };

/** Ready, with a picture; `video` is the best rendition's stream. */
export async function expectFilm(sources: SourcesSystem, file: string): Promise<Film> {
  const outcome = await sources.outcomeOf(file);
  expect(outcome.asset.error).toBeNull();
  expect(outcome.asset.status).toBe('ready');
  const streams = await streamsOf(outcome.hls);
  const video = streams.find(({ codec_type }) => codec_type === 'video');
  if (video === undefined) {
    throw new Error(`${file} came out without video`);
  }
  return { ...outcome, video, streams };
}
