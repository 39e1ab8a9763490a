/** Each rule of the publish check is broken once, in a whole encode that breaks no other; the check must name exactly it. */

import { describe, expect, test } from 'vitest';
import { assemblePresentation, type ReportedChunk } from '../../../../../src/control/encoding/publish/assemble.ts';
import { checkPresentation } from '../../../../../src/control/encoding/publish/check.ts';
import type { TrackReport } from '../../../../../src/protocol/encode-result.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import type { EncodePlan } from '../../../../../src/protocol/plan-schema.ts';
import { encodeAll, FACTS, REF } from '../fixture.ts';

type Broken = { plan: EncodePlan; reports: ReportedChunk[] };

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
      ['has-1.1'],
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
