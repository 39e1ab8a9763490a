import { describe, expect, test } from 'vitest';
import { filmOf, planDub } from '../../../../../src/control/encoding/plan/dub-plan.ts';
import { trackIdSchema } from '../../../../../src/media/ids.ts';
import type { SoundFacts } from '../../../../../src/protocol/sound-facts.ts';
import { videoTrack } from '../../../media/manifest/fixture.ts';

const FILM = { seconds: 14, segmentSeconds: 4 };
const TRACK = { track: 'a-zh-hant-tw-x-a_k3x9q2', language: 'zh-Hant-TW' };

const sound = (change: Partial<SoundFacts> = {}, audio: Partial<SoundFacts['audio']> = {}): SoundFacts => ({
  schema: 1,
  container: 'mov,mp4,m4a,3gp,3g2,mj2',
  sizeBytes: 5,
  audio: {
    streamIndex: 1,
    codec: 'aac',
    channels: 2,
    sampleRate: 44_100,
    language: 'und',
    startSeconds: 0,
    isDefault: true,
    ...audio,
  },
  fileStartSeconds: 0,
  durationSeconds: 14,
  warnings: [],
  ...change,
});

test('a film is as long as its picture, and so are its segments', () => {
  const film = filmOf({ tracks: [videoTrack('v240', 426, 240, 1000)] });
  expect(film).toEqual({ seconds: expect.closeTo(9.5095, 6), segmentSeconds: expect.closeTo(4.004, 6) });
});

test('a dub covers the film, under the id and the language of its row', () => {
  const { audio, originSeconds, warnings } = planDub(sound({}, { name: 'Track 1', role: 'commentary' }), FILM, TRACK);
  expect(originSeconds).toBe(0);
  expect(warnings).toEqual([]);
  expect(audio).toEqual([
    {
      ...TRACK,
      streamIndex: 1,
      bitrateKbps: 128,
      channels: 2,
      sampleRate: 48_000,
      frameCount: 657,
      segmentSeconds: 4,
    },
  ]);
});

test('its formats have ids that no other track has', () => {
  const { audio } = planDub(sound({}, { channels: 6 }), FILM, TRACK, { dolby: true });
  const ids = audio.map(({ track }) => track);
  expect(ids).toEqual(['', '-384', '-ec3-384', '-ac3-448'].map((format) => `${TRACK.track}${format}`));
  expect(ids.map((id) => trackIdSchema.parse(id))).toEqual(ids);
  expect(audio.map(({ formatOf }) => formatOf)).toEqual([undefined, ...ids.slice(1).fill(TRACK.track)]);
});

describe('the film begins', () => {
  test.each([
    ['where an MP4 says that it does, before its sound', sound({ fileStartSeconds: 2 }, { startSeconds: 2 }), 0],
    [
      'with a recording whose clock begins behind the film',
      sound({ fileStartSeconds: 7200 }, { startSeconds: 7200 }),
      7200,
    ],
    [
      'with the first sound of an MP3',
      sound({ container: 'mp3', fileStartSeconds: 0.025 }, { startSeconds: 0.025 }),
      0.025,
    ],
    [
      'with the picture of a transport stream',
      sound({ container: 'mpegts', fileStartSeconds: 1.4 }, { startSeconds: 1.9 }),
      1.4,
    ],
  ])('%s', (_, facts, origin) => {
    expect(planDub(facts, FILM, TRACK).originSeconds).toBe(origin);
  });
});

describe('of a clip', () => {
  const clip = { ...FILM, isPart: true };
  const label = { ...TRACK, shiftMs: -60_000 };

  test('the sound begins later in the file', () => {
    expect(planDub(sound({ durationSeconds: 80 }), clip, label)).toMatchObject({ originSeconds: 60, warnings: [] });
    const late = sound({ fileStartSeconds: 30, durationSeconds: 50 }, { startSeconds: 30 });
    expect(planDub(late, clip, label)).toMatchObject({ originSeconds: 60, warnings: [] });
  });

  test('the sound may end before it begins', () => {
    const message = 'The dub ends at 0.0 s, the film at 14.0 s; the rest of the film is silent';
    expect(planDub(sound(), clip, label).warnings).toEqual([{ code: 'dub_length_differs', message }]);
  });
});

test('on a large fleet, a long dub is encoded in parts', () => {
  const film = { seconds: 7200, segmentSeconds: 4 };
  expect(planDub(sound({ durationSeconds: 7200 }), film, TRACK, {}, 8)).not.toHaveProperty('audioChunks');
  const { audio, audioChunks } = planDub(sound({ durationSeconds: 7200 }), film, TRACK, {}, 64);
  const parts = audioChunks?.[TRACK.track] ?? [];
  expect(parts.length).toBeGreaterThan(4);
  expect(parts.reduce((sum, { frameCount }) => sum + frameCount, 0)).toBe(audio[0]?.frameCount);
});

describe('another length is told', () => {
  test.each([
    [
      'shorter',
      sound({ durationSeconds: 9 }),
      'The dub ends at 9.0 s, the film at 14.0 s; the rest of the film is silent',
    ],
    [
      'longer',
      sound({ durationSeconds: 20 }),
      'The dub ends at 20.0 s, the film at 14.0 s; what is behind its end is cut off',
    ],
    ['late', sound({ durationSeconds: 9, fileStartSeconds: 7 }, { startSeconds: 7 }), 'The dub ends at 16.0 s'],
  ])('%s', (_, facts, message) => {
    const { warnings } = planDub(facts, FILM, TRACK);
    expect(warnings).toEqual([{ code: 'dub_length_differs', message: expect.stringContaining(message) }]);
  });

  test('but not a second', () => {
    expect(planDub(sound({ durationSeconds: 13.1 }), FILM, TRACK).warnings).toEqual([]);
  });
});
