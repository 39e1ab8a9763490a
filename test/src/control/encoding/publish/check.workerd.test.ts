/** Each rule of the publish check is broken once, in a whole encode that breaks no other; the check must name exactly it. */

import { describe, expect, test } from 'vitest';
import { assemblePresentation, type ReportedChunk } from '../../../../../src/control/encoding/publish/assemble.ts';
import { checkPresentation } from '../../../../../src/control/encoding/publish/check.ts';
import { type AudioTrack, audioTracks, videoTracks } from '../../../../../src/media/presentation.ts';
import type { TrackReport } from '../../../../../src/protocol/encode-result.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import type { EncodePlan } from '../../../../../src/protocol/plan-schema.ts';
import { audioFacts } from '../../../protocol/fixture.ts';
import { encodeAll, FACTS, REF } from '../fixture.ts';

type Broken = { plan: EncodePlan; reports: ReportedChunk[] };

const SURROUND = { ...FACTS, audio: [audioFacts({ channels: 6 })] };

/** Every format; the 5.1 AAC in two parts of two segments. */
function surroundPlan(): EncodePlan {
  const plan = planEncode(SURROUND, { preset: 'medium', chunkSegments: 2, audio: { dolby: true } });
  // 14 s in segments of 4 s: the second ends on access unit 375.
  const parts = [
    { index: 0, firstFrame: 0, frameCount: 375, firstNumber: 1 },
    { index: 1, firstFrame: 375, frameCount: 657 - 375, firstNumber: 3 },
  ];
  return { ...plan, audioChunks: { 'a384-eng': parts } };
}

/** Reports are [audio, first chunk, second chunk]. */
function report(reports: ReportedChunk[], index: number, track: string): TrackReport {
  const found = reports[index]?.tracks.find((candidate) => candidate.track === track);
  if (found === undefined) {
    throw new TypeError(`no report ${index} of ${track}`);
  }
  return found;
}

const rulesOf = (violations: readonly { rule: string }[]): string[] => [...new Set(violations.map(({ rule }) => rule))];

/** The rules that a change to plan or reports breaks, before the presentation is assembled from them. */
async function rulesAfter(change: (broken: Broken) => void): Promise<string[]> {
  const { plan, reports } = await encodeAll();
  change({ plan, reports });
  return rulesOf(checkPresentation(plan, reports, assemblePresentation(REF, FACTS, plan, reports)));
}

describe('the publish check', () => {
  test('finds nothing wrong with a whole encode', async () => {
    const { plan, reports, presentation } = await encodeAll();
    expect(checkPresentation(plan, reports, presentation)).toEqual([]);
  });

  test('finds nothing wrong with chunks of several attempts', async () => {
    const { plan, reports, presentation } = await encodeAll(FACTS, ['2', '1', '4']);
    expect(checkPresentation(plan, reports, presentation)).toEqual([]);
  });

  test('finds nothing wrong with sound in formats and parts', async () => {
    const { plan, reports, presentation } = await encodeAll(SURROUND, [], surroundPlan());
    expect(presentation.tracks.filter(({ kind }) => kind === 'audio').map(({ id }) => id)).toHaveLength(4);
    expect(checkPresentation(plan, reports, presentation)).toEqual([]);
  });

  test.each<[fault: string, rules: string[], change: (sounds: AudioTrack[]) => void]>([
    ['formats without stereo', ['has-2.3', 'rfc8216-4.3.4.1.1'], (sounds) => sounds.splice(0, 1)],
    ['E-AC-3 without AC-3', ['has-2.6'], (sounds) => sounds.splice(3, 1)],
    [
      'a format of another language',
      ['rfc8216-4.3.4.1.1'],
      (sounds) => Object.assign(sounds[1] ?? {}, { language: 'fr' }),
    ],
    [
      'a format of a format',
      ['has-2.3', 'rfc8216-4.3.4.1.1'],
      (sounds) => Object.assign(sounds[1] ?? {}, { formatOf: 'a-ac3-448-eng' }),
    ],
    [
      'a loudness without a peak',
      ['has-2.23'],
      (sounds) => Object.assign(sounds[0] ?? {}, { loudness: { integratedLufs: -23, rangeLu: 5, truePeakDbtp: null } }),
    ],
  ])('finds %s', async (_, rules, change) => {
    const { plan, reports, presentation } = await encodeAll(SURROUND, [], surroundPlan());
    const sounds = audioTracks(presentation);
    change(sounds);
    const found = checkPresentation(plan, reports, {
      ...presentation,
      tracks: [...videoTracks(presentation), ...sounds],
    });
    expect(rulesOf(found)).toEqual(rules);
  });

  test('finds nothing wrong with a film without sound', async () => {
    const { plan, reports, presentation } = await encodeAll({ ...FACTS, audio: [] });
    expect(checkPresentation(plan, reports, presentation)).toEqual([]);
  });

  test('goes by the plan, also one that an older version cut so that one frame was left over', async () => {
    const facts = { ...FACTS, video: { ...FACTS.video, frameCount: 97 } };
    const plan = planEncode(facts, { preset: 'medium' });
    const video = { ...plan.video, gopFrames: 48, segmentFrames: 96 };
    const audio = plan.audio.map((track) => ({ ...track, segmentSeconds: 4 }));
    const { reports, presentation } = await encodeAll(facts, [], { ...plan, video, audio });
    expect(presentation.tracks.map(({ chunks }) => chunks[0]?.segments.length)).toEqual([2, 2, 2, 2]);
    expect(checkPresentation({ video, audio }, reports, presentation)).toEqual([]);
    expect(rulesOf(checkPresentation(plan, reports, presentation))).toEqual(['has-8.22']);
  });

  test('says where: the track and the segment', async () => {
    const { plan, reports, presentation } = await encodeAll();
    report(reports, 2, 'v360').baseDecodeTime += 1;
    expect(checkPresentation(plan, reports, presentation)).toEqual([
      { rule: 'has-7.3', where: 'v360, segment 3', message: 'tfdt is 192001, expected 192000' },
    ]);
  });

  test.each<[fault: string, rules: string[], change: (broken: Broken) => void]>([
    [
      'an init segment that differs between chunks',
      ['cmaf-init-equal'],
      ({ reports }) => {
        report(reports, 2, 'v360').init = { bytes: 800, sha256: 'f'.repeat(64) };
      },
    ],
    [
      'a codec that differs between chunks',
      ['cmaf-init-equal'],
      ({ reports }) => {
        report(reports, 2, 'v360').codec = 'avc1.640029';
      },
    ],
    [
      'a clock that differs between chunks',
      ['cmaf-init-equal'],
      ({ reports }) => {
        report(reports, 2, 'v360').timescale = 12_000;
      },
    ],
    [
      'a decode time that leaves a gap',
      ['has-7.3'],
      ({ reports }) => {
        report(reports, 2, 'v480').baseDecodeTime += 1000;
      },
    ],
    [
      'a decode time that overlaps',
      ['has-7.3'],
      ({ reports }) => {
        report(reports, 2, 'v480').baseDecodeTime -= 1;
      },
    ],
    [
      'sound that does not begin at zero',
      ['has-7.3'],
      ({ reports }) => {
        report(reports, 0, 'a128-eng').baseDecodeTime = 1024;
      },
    ],
    [
      'a number that is left out',
      ['number-continuous'],
      ({ reports }) => {
        report(reports, 2, 'v480').firstNumber = 4;
      },
    ],
    [
      'numbers that do not begin at one',
      ['number-continuous'],
      ({ reports }) => {
        report(reports, 0, 'a128-eng').firstNumber = 2;
      },
    ],
    [
      'a key frame length too few',
      ['has-6.10'],
      ({ reports }) => {
        report(reports, 1, 'v480').keyframeBytes?.pop();
      },
    ],
    [
      'a segment whose time went to its neighbour',
      ['has-8.22'],
      ({ reports }) => {
        const [first, second] = report(reports, 1, 'v480').segments;
        if (first !== undefined && second !== undefined) {
          first[0] -= 1000;
          second[0] += 1000;
        }
      },
    ],
    [
      'a last segment that is missing',
      ['frames-complete'],
      ({ reports }) => {
        const last = report(reports, 2, 'v480');
        last.segments.pop();
        last.keyframeBytes?.pop();
      },
    ],
    [
      'a frame that is missing at the end',
      ['has-8.22', 'frames-complete'],
      ({ reports }) => {
        const last = report(reports, 2, 'v480').segments.at(-1);
        if (last !== undefined) {
          last[0] -= 1000;
        }
      },
    ],
    [
      'sound that ends a frame early',
      ['has-8.3'],
      ({ reports }) => {
        const last = report(reports, 0, 'a128-eng').segments.at(-1);
        if (last !== undefined) {
          last[0] -= 1024;
        }
      },
    ],
    [
      'sound that runs a frame over',
      ['has-8.3'],
      ({ reports }) => {
        const last = report(reports, 0, 'a128-eng').segments.at(-1);
        if (last !== undefined) {
          last[0] += 1024;
        }
      },
    ],
    [
      'a segment half a second too long',
      ['has-7.7'],
      ({ reports }) => {
        // Two segments of sound in one: 8 s instead of 4.
        const sound = report(reports, 0, 'a128-eng');
        const [first, second, ...rest] = sound.segments;
        if (first !== undefined && second !== undefined) {
          sound.segments = [[first[0] + second[0], first[1] + second[1]], ...rest];
        }
      },
    ],
    [
      'another clock than planned',
      ['plan-timescale'],
      ({ plan }) => {
        plan.video.timescale = 24_001;
      },
    ],
    [
      'a codec of the wrong kind',
      ['has-1.1', 'has-2.3'],
      ({ reports }) => {
        report(reports, 0, 'a128-eng').codec = 'avc1.64001e';
      },
    ],
    [
      'an unknown codec',
      ['has-1.1'],
      ({ reports }) => {
        report(reports, 1, 'v240').codec = 'hvc1.1.6.L93.B0';
        report(reports, 2, 'v240').codec = 'hvc1.1.6.L93.B0';
      },
    ],
  ])('refuses %s', async (_, rules, change) => {
    expect(await rulesAfter(change)).toEqual(rules);
  });
});
