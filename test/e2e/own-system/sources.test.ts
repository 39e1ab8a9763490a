/** Bad and unusual input on the whole running system: what must play does, the rest is refused with a code, nothing breaks. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKEN_FILES } from './sources/broken-files.ts';
import { type Canary, openCanary, SEES_UDP } from './sources/canary.ts';
import { CLIPS, type ClipName, FLASH_SECONDS, greyOf } from './sources/clips.ts';
import { expectFilm, expectRefusal, type Film } from './sources/expectations.ts';
import { HOSTILE_SCRIPTS } from './sources/hostile-scripts.ts';
import { clickSeconds, combing, firstPicture, framesOf, rateWander } from './sources/measure.ts';
import { type SourcesSystem, startSourcesSystem } from './sources/outcomes.ts';
import { tripsOfControl } from './sources/unguarded.ts';

/** x264 at CRF 23 on a flat grey picture. */
const GREY_ERROR = 12;
/** ffmpeg prints times to six significant digits; the difference of two steps has twice the error of each. */
const PRINTED_SECONDS = 0.0002;

const hostile = Object.entries(HOSTILE_SCRIPTS).map(([name, script]) => ({ name, file: `${name}.mp4`, ...script }));
const canaries = new Map<string, Canary>();
let sources: SourcesSystem;

beforeAll(async () => {
  sources = await startSourcesSystem();
  for (const { file } of hostile) {
    canaries.set(file, await openCanary(sources.folder, file));
  }
  sources.submit({
    ...Object.fromEntries(hostile.map(({ file, make }) => [file, (path: string) => make(path, canaryOf(file))])),
    ...Object.fromEntries(Object.entries(BROKEN_FILES).map(([file, { make }]) => [file, make])),
    ...CLIPS,
  });
});

afterAll(async () => {
  await Promise.all([...canaries.values()].map((canary) => canary.close()));
  await sources?.close();
});

function canaryOf(file: string): Canary {
  const canary = canaries.get(file);
  if (canary === undefined) {
    throw new Error(`no canary for ${file}`);
  }
  return canary;
}

const ready = (name: ClipName): Promise<Film> => expectFilm(sources, name);

describe('what is no film is refused, with the reason', () => {
  const files = Object.entries(BROKEN_FILES).map(([file, { code }]) => ({ file, code }));

  test.each(files)('$file: $code', async ({ file, code }) => {
    await expectRefusal(sources, file, code);
  });
});

describe('a script that is named like a film reaches nothing', () => {
  test.each(hostile)('$name: $code, nothing read, nothing connected', async ({ file, code }) => {
    await expectRefusal(sources, file, code);
    expect([...canaryOf(file).trips]).toEqual([]);
  });

  const controls = hostile.filter(({ trips }) => trips !== 'udp' || SEES_UDP);

  test.each(controls)('control: without our guards, $name trips the canary ($trips)', async (script) => {
    expect(await tripsOfControl(sources.folder, script)).toContain(script.trips);
  });
});

describe('what is unusual plays', () => {
  test('a film without sound', async () => {
    const { hls, dash, streams, asset } = await ready('silent.mp4');
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(['video']);
    expect(await framesOf(hls)).toHaveLength(50);
    expect(await framesOf(dash)).toHaveLength(50);
    expect(asset.durationSeconds).toBeCloseTo(2, 6);
    expect(await (await fetch(hls)).text()).not.toContain('mp4a');
  });

  test('853×481 comes out in even sizes of the same shape', async () => {
    const { streams } = await ready('odd-size.mkv');
    const sizes = streams.flatMap(({ width, height }) => (width && height ? [{ width, height }] : []));
    expect(sizes[0]).toEqual({ width: 852, height: 480 });
    for (const { width, height } of sizes) {
      expect([width % 2, height % 2]).toEqual([0, 0]);
      expect(width / height / (853 / 481)).toBeCloseTo(1, 1.9);
    }
    expect(streams.filter(({ codec_type }) => codec_type === 'audio')).toHaveLength(1);
  });

  test('a rotated phone video comes out upright', async () => {
    const { hls } = await ready('upright-phone.mp4');
    const picture = await firstPicture(hls);
    expect(picture.width).toBeLessThan(picture.height);
    const [red, green, blue] = picture.at(0.9, 0.1);
    expect(red).toBeGreaterThan(200);
    expect(Math.max(green, blue)).toBeLessThan(60);
    // The other corners are grey.
    for (const [x, y] of [
      [0.1, 0.1],
      [0.1, 0.9],
      [0.9, 0.9],
    ] as const) {
      const channels = picture.at(x, y);
      expect(Math.max(...channels) - Math.min(...channels)).toBeLessThan(12);
    }
  });

  test.each([
    ['two-rates.mp4', 2],
    ['jitter.mp4', 2],
  ] as const)('%s: a variable frame rate becomes a constant one', async (name, seconds) => {
    const { hls, asset } = await ready(name);
    const frames = await framesOf(hls);
    expect(rateWander(frames)).toBeLessThan(PRINTED_SECONDS);
    const frameSeconds = (frames[1]?.seconds ?? 0) - (frames[0]?.seconds ?? 0);
    expect(1 / frameSeconds).toBeCloseTo(30, 0);
    expect(Math.abs(frames.length * frameSeconds - seconds)).toBeLessThanOrEqual(frameSeconds + PRINTED_SECONDS);
    expect(Math.abs((asset.durationSeconds ?? 0) - seconds)).toBeLessThanOrEqual(frameSeconds + PRINTED_SECONDS);
  });

  test('an interlaced film comes out progressive', async () => {
    const { hls, video } = await ready('interlaced.mp4');
    expect((await combing(`${sources.folder}/interlaced.mp4`)).interlaced).toBeGreaterThan(40);
    const result = await combing(hls);
    expect(result.interlaced).toBeLessThanOrEqual(2);
    expect(await framesOf(hls)).toHaveLength(50);
    expect(video.field_order ?? 'progressive').toBe('progressive');
  });

  test.each(['ten-bit.mkv', 'hdr-pq.mp4', 'hdr-hlg.mp4'] as const)('%s becomes 8-bit SDR', async (name) => {
    const { video, hls } = await ready(name);
    expect(video).toMatchObject({
      codec_name: 'h264',
      profile: 'High',
      pix_fmt: 'yuv420p',
      color_space: 'bt709',
      color_transfer: 'bt709',
      color_primaries: 'bt709',
      color_range: 'tv',
    });
    expect(await (await fetch(hls)).text()).toMatch(/CODECS="avc1\.64[^"]*"/);
    expect(await framesOf(hls)).toHaveLength(25);
  });

  test.each(['hdr-pq.mp4', 'hdr-hlg.mp4'] as const)(
    '%s: black stays black, steps stay apart, white is white',
    async (name) => {
      const picture = await firstPicture((await ready(name)).hls);
      const steps = [0.1, 0.3, 0.5, 0.7, 0.9].map((x) => picture.at(x, 0.5)[1]);
      expect(steps[0]).toBeLessThan(20);
      // PQ's last step is 10,000 cd/m², which no screen shows: films are graded for 1,000, the step before it.
      expect(steps.at(name === 'hdr-pq.mp4' ? -2 : -1)).toBeGreaterThan(240);
      for (const [index, step] of steps.slice(1, -1).entries()) {
        expect(step - (steps[index] ?? 0)).toBeGreaterThan(25);
      }
    },
  );

  test('one frame is a film', async () => {
    const { hls, dash, asset } = await ready('one-frame.mp4');
    expect(await framesOf(hls)).toHaveLength(1);
    expect(await framesOf(dash)).toHaveLength(1);
    expect(asset.durationSeconds).toBeCloseTo(0.04, 6);
  });

  test('20 s of 120 fps come out as every second frame at 60 fps', async () => {
    const { hls, video } = await ready('high-rate.mkv');
    const frames = await framesOf(hls);
    expect(frames).toHaveLength(1200);
    expect(video.r_frame_rate).toBe('60/1');
    expect(rateWander(frames)).toBeLessThan(PRINTED_SECONDS);
    expect(frames.filter(({ luma }, frame) => Math.abs(luma - greyOf(2 * frame)) > GREY_ERROR)).toEqual([]);
  });

  test.each(['vp9-opus.webm', 'transport.ts'] as const)('%s', async (name) => {
    const { hls, dash, streams } = await ready(name);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
    expect(await framesOf(hls)).toHaveLength(50);
    expect(await framesOf(dash)).toHaveLength(50);
  });

  test('an edit list hides what lies before it', async () => {
    const { hls } = await ready('edit-list.mov');
    const frames = await framesOf(hls);
    // 0.52 s is frame 13 of 50.
    expect(frames).toHaveLength(37);
    expect(frames.filter(({ luma }, frame) => Math.abs(luma - greyOf(13 + frame)) > GREY_ERROR)).toEqual([]);
  });

  test('sound that starts half a second late keeps its place, in HLS and DASH', async () => {
    const { hls, dash } = await ready('late-sound.mkv');
    for (const link of [hls, dash]) {
      const flash = (await framesOf(link)).filter(({ luma }) => luma > 128).map(({ seconds }) => seconds);
      expect(flash).toHaveLength(1);
      const offset = (await clickSeconds(link)) - (flash[0] ?? 0);
      expect(Math.abs(offset)).toBeLessThanOrEqual(0.001);
      expect(flash[0]).toBeCloseTo(FLASH_SECONDS, 3);
    }
  });
});

describe('calls that make no sense', () => {
  test.each([
    ['GET', '/v1/assets/000000000000000000000', undefined, 404, 'asset_not_found'],
    ['POST', '/v1/assets', '{"source":', 400, 'invalid_json'],
    ['POST', '/v1/assets', '{"source":{"object":"sources/nobody/nothing.mp4"}}', 422, 'source_not_found'],
    ['POST', '/v1/assets', '{"source":{"object":"../etc/passwd"}}', 400, 'invalid_request'],
  ])('%s %s %s: %i %s', async (method, path, body, status, code) => {
    const answer = await sources.call(method, path, body);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.type).toContain('application/problem+json');
  });
});

describe('afterwards', () => {
  test('no encoder has ended, and none has left a task folder or a file in the making', async () => {
    await Promise.all([...Object.keys(BROKEN_FILES), ...Object.keys(CLIPS)].map((name) => sources.outcomeOf(name)));
    expect(sources.logLines.filter(({ text }) => text.includes('ended with'))).toEqual([]);
    const left = await readdir(sources.workFolder, { recursive: true });
    expect(left.filter((path) => path.includes('task-'))).toEqual([]);
  });

  test('the log holds no secret', () => {
    const { apiToken, encoderToken, s3 } = sources.system;
    const text = sources.logLines.map((line) => line.text).join('\n');
    expect(text).toContain('task_done');
    for (const secret of [apiToken, encoderToken, s3.secretAccessKey, s3.accessKeyId]) {
      expect(text.includes(secret)).toBe(false);
    }
    // Link and session tokens are JWTs.
    expect(text).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}/);
  });
});
