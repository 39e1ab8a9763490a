/** What a presentation declares against what its tasks reported: one fault at a time, which must be named, nothing else. */
import { describe, expect, test } from 'vitest';
import { checkPresentation } from '../../../../../src/control/encoding/publish/check.ts';
import type { Presentation, Track } from '../../../../../src/media/presentation.ts';
import { encodeAll, trackOf } from '../fixture.ts';

/** The rules that a change to the presentation breaks, where reports are what they were. */
async function rulesAfterPresenting(change: (presentation: Presentation) => void): Promise<string[]> {
  const { plan, reports, presentation } = await encodeAll();
  change(presentation);
  return [...new Set(checkPresentation(plan, reports, presentation).map(({ rule }) => rule))];
}

describe('the publish check', () => {
  const shared = (track: Track, factor: number, kind: 'average' | 'peak'): void => {
    track.bandwidth[kind] = Math.round(track.bandwidth[kind] * factor);
  };

  test.each<[fault: string, rules: string[], change: (presentation: Presentation) => void]>([
    ['an average declared too low', ['has-1.26'], (p) => shared(trackOf(p, 'v480'), 0.9, 'average')],
    ['an average declared too high', ['has-1.26'], (p) => shared(trackOf(p, 'v480'), 1.12, 'average')],
    ['a peak declared too low', ['has-1.27'], (p) => shared(trackOf(p, 'v480'), 0.9, 'peak')],
    ['a peak declared too high', ['has-1.27'], (p) => shared(trackOf(p, 'a128-eng'), 1.12, 'peak')],
    ['an average declared 9 % low, which is allowed', [], (p) => shared(trackOf(p, 'v480'), 0.92, 'average')],
    [
      'more than 60 frames per second',
      ['has-1.19'],
      (presentation) => {
        const track = trackOf(presentation, 'v480');
        if (track.kind === 'video') {
          track.frameRate = { num: 61, den: 1 };
        }
      },
    ],
    [
      'surround sound under a stereo codec string',
      ['has-2.3'],
      (presentation) => {
        const track = trackOf(presentation, 'a128-eng');
        if (track.kind === 'audio') {
          track.channels = 6;
        }
      },
    ],
    [
      'two tracks of one id',
      ['track-unique'],
      (presentation) => {
        presentation.tracks.push(structuredClone(trackOf(presentation, 'v480')));
      },
    ],
    [
      'no picture at all',
      ['has-1.24'],
      (presentation) => {
        presentation.tracks = [trackOf(presentation, 'a128-eng')];
      },
    ],
  ])('on %s', async (_, rules, change) => {
    expect(await rulesAfterPresenting(change)).toEqual(rules);
  });
});
