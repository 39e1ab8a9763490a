import { describe, expect, test } from 'vitest';
import { MAX_CHUNKS } from '../../../src/media/limits.ts';
import { MAX_AUDIO_TASKS } from '../../../src/protocol/audio-chunks.ts';
import { audioCost, videoCost } from '../../../src/protocol/encode-cost.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import { type EncodePlan, encodePlanSchema, MAX_AUDIO_CHUNKS } from '../../../src/protocol/plan-schema.ts';
import type { AudioFacts } from '../../../src/protocol/source-facts.ts';
import { MAX_TASKS_PER_JOB } from '../../../src/protocol/tasks.ts';
import { audioFacts, sourceFacts } from './fixture.ts';

const film = (
  hours: number,
  fleetCores: number,
  audio: readonly AudioFacts[] = [audioFacts()],
  dolby = false,
): EncodePlan =>
  planEncode(sourceFacts({ frameCount: hours * 3600 * 24, durationSeconds: hours * 3600 }, audio), {
    ...{ preset: 'medium', fleetCores, early: 'off', audio: { dolby } },
  });
const surround = (count: number): AudioFacts[] =>
  Array.from({ length: count }, (_, index) => audioFacts({ streamIndex: index + 1, channels: 6, isDefault: false }));

describe('parts of sound', () => {
  test.each([2, 4, 16])('there are none on %i cores', (fleetCores) => {
    expect(film(2, fleetCores)).not.toHaveProperty('audioChunks');
    expect(film(2, fleetCores, surround(32), true)).not.toHaveProperty('audioChunks');
  });

  test('there are none where the picture takes longer, or the film is short', () => {
    expect(film(2, 40)).not.toHaveProperty('audioChunks');
    expect(film(1 / 60, 720)).not.toHaveProperty('audioChunks');
  });

  test('they join without a gap, and begin where a segment does', () => {
    const { audio, audioChunks } = film(2, 720);
    const [{ frameCount, segmentSeconds } = { frameCount: 0, segmentSeconds: 0 }] = audio;
    const parts = audioChunks?.['a128-eng'] ?? [];
    expect(parts.length).toBeGreaterThan(4);
    let at = 0;
    for (const [index, part] of parts.entries()) {
      expect(part).toMatchObject({ index, firstFrame: at });
      expect(part.firstFrame).toBe(Math.ceil(((part.firstNumber - 1) * segmentSeconds * 48_000) / 1024));
      expect(part.frameCount * (1024 / 48_000)).toBeGreaterThan(59);
      at += part.frameCount;
    }
    expect(at).toBe(frameCount);
  });

  test('with them, the slower half of a fleet is not what a film waits for', () => {
    const { video, audio, audioChunks } = film(2, 720);
    const [sound] = audio;
    const parts = audioChunks?.['a128-eng'] ?? [];
    const longest = Math.max(...parts.map((part) => (sound === undefined ? 0 : audioCost(sound, part))));
    const whole = sound === undefined ? 0 : audioCost(sound);
    expect(longest).toBeLessThan(whole / 3);
    // What all parts read again is little beside the film.
    const again = parts.reduce((sum, part) => sum + (sound === undefined ? 0 : audioCost(sound, part)), -whole);
    expect(again).toBeLessThan(0.02 * videoCost(video, video.frameCount));
  });

  test('5.1 has more of them than stereo, E-AC-3 and AC-3 none', () => {
    const { audioChunks = {} } = film(2, 200, surround(1), true);
    expect(Object.keys(audioChunks)).toContain('a384-eng');
    expect(audioChunks['a384-eng']?.length).toBeGreaterThan(audioChunks['a128-eng']?.length ?? 1);
    expect(Object.keys(audioChunks).filter((track) => /c3-/.test(track))).toEqual([]);
  });

  test('of the most sound, a job has no more tasks than its workflow has steps for', () => {
    for (const early of ['on', 'off'] as const) {
      const plan = planEncode(sourceFacts({ frameCount: 12 * 3600 * 24, durationSeconds: 12 * 3600 }, surround(32)), {
        ...{ preset: 'veryslow', fleetCores: 5000, early, audio: { dolby: true } },
      });
      expect(encodePlanSchema.parse(plan)).toEqual(plan);
      const sound = plan.audio.reduce((sum, { track }) => sum + (plan.audioChunks?.[track]?.length ?? 1), 0);
      expect(sound).toBeLessThanOrEqual(MAX_AUDIO_TASKS);
      expect(sound + plan.chunks.length + (plan.early?.chunks.length ?? 0) + 2).toBeLessThanOrEqual(MAX_TASKS_PER_JOB);
    }
  });

  test('a film with little sound has as many chunks as before', () => {
    expect(film(12, 5000).chunks.length).toBeGreaterThan(MAX_CHUNKS - 60);
    expect(film(12, 5000).audioChunks?.['a128-eng']?.length).toBeLessThanOrEqual(MAX_AUDIO_CHUNKS);
  });
});
