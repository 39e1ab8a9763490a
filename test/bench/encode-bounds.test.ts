/** What `bench encode` lets pass and what it does not, and how it reads ffmpeg's SSIM. */
import { describe, expect, test } from 'vitest';
import { brokenBounds, differencesOf, total } from '../../bench/encode-bounds.ts';
import { loopCommands, singleCommand } from '../../bench/plain-ffmpeg.ts';
import { qualityOf } from '../../bench/quality.ts';
import { planEncode } from '../../src/protocol/plan.ts';
import { audioFacts, sourceFacts } from '../src/protocol/fixture.ts';

const single = { wallSeconds: 100, cpuSeconds: 190, bytes: 1_000_000, idle: 0.05 };
const loop = { wallSeconds: 150, cpuSeconds: 260, bytes: 1_000_000, idle: 0.1 };
const good = { wallSeconds: 100, cpuSeconds: 199, bytes: 1_010_000, idle: 0.01 };
const same = [{ track: 'v240', mean: -0.0004, worst: -0.009 }];

describe('bounds', () => {
  test('what is within them', () => {
    expect(brokenBounds({ ours: good, single, loop }, same)).toEqual([]);
  });

  test.each([
    ['wall to the single command', { ...good, wallSeconds: 100.5 }, loop, same],
    ['wall to the loop', good, { ...loop, wallSeconds: 142 }, same],
    ['CPU to the single command', { ...good, cpuSeconds: 200 }, loop, same],
    ['bytes to the single command', { ...good, bytes: 1_010_001 }, loop, same],
    ['bytes to the single command', { ...good, bytes: Number.NaN }, loop, same],
    ['v240, mean SSIM', good, loop, [{ track: 'v240', mean: -0.0006, worst: 0 }]],
    ['v240, worst SSIM', good, loop, [{ track: 'v240', mean: 0.1, worst: -0.011 }]],
  ])('%s', (what, ours, slowLoop, differences) => {
    const broken = brokenBounds({ ours, single, loop: slowLoop }, differences);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain(what);
  });

  test('a rendition that was not measured breaks them', () => {
    const measured = differencesOf(['v240'], [], [{ mean: 0.98, worst: 0.9 }]);
    expect(brokenBounds({ ours: good, single, loop }, measured)).toHaveLength(2);
  });

  test('rounds add up', () => {
    expect(total([single, single])).toEqual({ wallSeconds: 200, cpuSeconds: 380, bytes: 2_000_000, idle: 0.05 });
  });
});

test('SSIM of all planes, frame by frame', () => {
  const lines = ['0.990000', '0.970000', '1.000000'].map(
    (value, index) => `n:${index + 1} Y:0.5 U:0.5 V:0.5 All:${value} (20.000000)`,
  );
  const { mean, ...rest } = qualityOf(lines.join('\n'));
  expect(mean).toBeCloseTo(2.96 / 3, 9);
  expect(rest).toEqual({ frames: 3, worst: 0.97 });
});

test('the loop makes what the single command makes', () => {
  const plan = planEncode(sourceFacts({}, [audioFacts()]), { preset: 'fast' });
  const outputs = (args: readonly string[]) => args.filter((arg) => /^\/out\/.*\.mp4$/.test(arg)).sort();
  const loop = loopCommands('/in.mp4', plan, '/out');
  expect(loop).toHaveLength(plan.video.renditions.length);
  expect(outputs(loop.flat())).toEqual(outputs(singleCommand('/in.mp4', plan, '/out')));
  for (const [index, { track, width, height, crf }] of plan.video.renditions.entries()) {
    expect(loop[index]?.join(' ')).toContain(`-vf scale=${width}:${height}:flags=lanczos`);
    expect(loop[index]?.join(' ')).toContain(`-preset fast`);
    expect(loop[index]?.join(' ')).toContain(`-crf ${crf} `);
    expect(loop[index]).toContain(`/out/${track}.mp4`);
  }
});
