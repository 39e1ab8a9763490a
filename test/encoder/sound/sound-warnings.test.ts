import { describe, expect, test } from 'vitest';
import { soundName, soundWarnings } from '../../../encoder/sound/sound-warnings.ts';
import type { Repair } from '../../../encoder/sound/takes.ts';
import type { AudioPlan } from '../../../src/protocol/plan-schema.ts';

const audio: AudioPlan = {
  ...{ track: 'a1', streamIndex: 1, language: 'eng', bitrateKbps: 128, channels: 2, sampleRate: 48_000 },
  ...{ frameCount: 100, segmentSeconds: 4 },
};
const none = { count: 0, at: 0 };

function warningsOf(gaps: Repair[], overlaps: Repair[] = []): string[] {
  const repaired = { takes: [], gaps, overlaps, formatChanges: none, damages: none, channels: 2, gainDb: 0 };
  return soundWarnings({ ...repaired, audio, origin: 0 }).map(({ code, message, at }) => `${code} ${at} ${message}`);
}

test.each([
  ['Sound', { language: 'und' }],
  ['Sound (English)', {}],
  ['Sound (German, “Regie”)', { language: 'deu', name: 'Regie' }],
  ['Sound (“Regie”)', { language: 'und', name: 'Regie' }],
])('a track is called %s', (called, labels) => {
  expect(soundName({ ...audio, ...labels })).toBe(called);
});

describe('repairs', () => {
  test('of 10 ms together are not told', () => {
    expect(
      warningsOf(
        [{ at: 0, samples: 480 }],
        [240, 240].map((samples, at) => ({ at, samples })),
      ),
    ).toEqual([]);
  });

  test('of more are told once, with their first place', () => {
    const holes = Array.from({ length: 3 }, (_, index) => ({ at: 48_000 * (index + 1), samples: 240 }));
    expect(warningsOf(holes)).toEqual(['sound_gaps_filled 1 Sound (English): 3 holes, 15 ms together; silent']);
    expect(warningsOf([], [{ at: 24_000, samples: 481 }])).toEqual([
      'sound_overlaps_cut 0.5 Sound (English): one overlap, 10 ms; the repeated part is cut',
    ]);
  });
});
