/** Pictures that are shown longer than a frame: before the first, after the last, and where frames are missing. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import type { EncodePlan } from '../../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';
import {
  frameGreys,
  greyOf,
  joinSegments,
  makeSource,
  runChunks,
  trackOutputs,
  withTempDirectory,
} from '../media/media-fixtures.ts';

/** Ten programs one after another, on a machine that other tests share. */
const TIMEOUT_MS = 60_000;
/** x264 at CRF 23 on a flat picture. */
const GREY_ERROR = 12;

type Film = { rate: string; seconds: number; output?: readonly string[]; change?: Partial<VideoFacts> };

/** Makes a film and encodes it in chunks of one segment. `shown`: the source frame that each output frame must show. */
async function expectShown(name: string, film: Film, shown: (frame: number) => number): Promise<EncodePlan> {
  return await withTempDirectory(async (directory) => {
    const source = join(directory, name);
    makeSource(source, film.rate, film.seconds, ...(film.output ?? []));
    const facts = await probeSource(source);
    const changed = { ...facts, video: { ...facts.video, ...film.change } };
    const plan = planEncode(changed, { preset: 'ultrafast', chunkSegments: 1 });
    const outputs = trackOutputs(await runChunks(source, plan, directory), 0);
    const greys = frameGreys(await joinSegments(outputs, join(directory, 'joined.mp4')));
    expect(greys).toHaveLength(plan.video.frameCount);
    const wrong = greys
      .map((grey, frame) => ({ frame, grey, wanted: greyOf(shown(frame)) }))
      .filter(({ grey, wanted }) => Math.abs(grey - wanted) > GREY_ERROR);
    expect(wrong).toEqual([]);
    return plan;
  });
}

const between = (least: number, value: number, most: number): number => Math.min(most, Math.max(least, value));

describe('holds', { timeout: TIMEOUT_MS }, () => {
  test.each(['source.mp4', 'source.mkv'])('%s: sound long before and after the picture', async (name) => {
    const change = { leadSeconds: 9.01, tailSeconds: 9 };
    const plan = await expectShown(name, { rate: '25', seconds: 3, change }, (frame) => between(0, frame - 226, 74));
    expect(plan.video).toMatchObject({ leadFrames: 226, frameCount: 226 + 75 + 225 });
    expect(plan.chunks.length).toBeGreaterThan(4);
  });

  test('of a variable rate', async () => {
    const output = ['-vf', "select='not(eq(mod(n\\,7)\\,3))'", '-fps_mode', 'vfr'];
    const change = { leadSeconds: 5, tailSeconds: 5 };
    const plan = await expectShown('source.mp4', { rate: '30', seconds: 5, output, change }, (frame) => {
      const own = between(0, frame - 150, 149);
      return own % 7 === 3 ? own - 1 : own;
    });
    expect(plan.video.source).toMatchObject({ frameRate: { num: 30, den: 1 }, variableFrameRate: true });
    expect(plan.video.frameCount).toBe(450);
  });

  test('a last frame that lasts nine seconds', async () => {
    const change = { variableFrameRate: true, durationSeconds: 12 };
    const plan = await expectShown('source.mp4', { rate: '25', seconds: 3, change }, (frame) => Math.min(frame, 74));
    expect(plan.video.frameCount).toBe(300);
  });

  test.each(['source.mp4', 'source.mkv'])('%s: a hole of 13 s, over several chunks', async (name) => {
    const output = ['-vf', "setpts='PTS+if(gte(N\\,50)\\,13/TB\\,0)'", '-fps_mode', 'passthrough'];
    const plan = await expectShown(name, { rate: '25', seconds: 4, output }, (frame) =>
      frame < 50 ? frame : Math.max(49, frame - 325),
    );
    expect(plan.video.source.frameRate).toEqual({ num: 25, den: 1 });
    expect(plan.video.frameCount).toBe(425);
  });

  test('480 fps become 60, with sound before and after', async () => {
    const change = { leadSeconds: 1, tailSeconds: 1 };
    const plan = await expectShown('source.mp4', { rate: '480', seconds: 1, change }, (frame) =>
      frame < 120 ? Math.max(0, frame - 60) * 8 : 479,
    );
    expect(plan.video.frameCount).toBe(180);
  });
});
