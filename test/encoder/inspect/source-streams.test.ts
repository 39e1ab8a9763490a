import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  bitDepthOf,
  checkColour,
  describePicture,
  hasAlpha,
  parseRatio,
} from '../../../encoder/inspect/source-streams.ts';

type PixelFormat = {
  name: string;
  flags: { alpha: number; hwaccel: number };
  components?: { bit_depth: number }[];
};

describe('the picture', () => {
  const stream = { index: 0, codec_type: 'video', codec_name: 'h264', width: 720, height: 576 };

  test.each([
    ['square', {}, { displayWidth: 720, displayHeight: 576, rotation: 0, bitDepth: 8, videoRange: 'SDR' }],
    ['wide samples', { sample_aspect_ratio: '64:45' }, { displayWidth: 1024, displayHeight: 576 }],
    ['narrow samples', { sample_aspect_ratio: '8:9' }, { displayWidth: 720, displayHeight: 648 }],
    ['unknown samples', { sample_aspect_ratio: '0:1' }, { displayWidth: 720, sampleAspectRatio: { num: 1, den: 1 } }],
    [
      'a phone held upright',
      { side_data_list: [{ rotation: -90 }] },
      { rotation: 90, displayWidth: 576, displayHeight: 720 },
    ],
    ['upside down', { side_data_list: [{ rotation: 180 }] }, { rotation: 180, displayWidth: 720 }],
    ['counterclockwise', { side_data_list: [{ rotation: 90 }] }, { rotation: 270, displayWidth: 576 }],
    ['PQ', { color_transfer: 'smpte2084', pix_fmt: 'yuv420p10le' }, { videoRange: 'PQ', bitDepth: 10 }],
    ['HLG', { color_transfer: 'arib-std-b67' }, { videoRange: 'HLG' }],
  ])('%s', (_, more, facts) => {
    expect(describePicture({ ...stream, ...more })).toMatchObject(facts);
  });

  test.each([
    ['30000/1001', { num: 30_000, den: 1001 }],
    ['50/2', { num: 25, den: 1 }],
    ['0/0', null],
    ['-1/5', null],
    ['1e9/1', null],
    [undefined, null],
  ])('%s', (text, ratio) => {
    expect(parseRatio(text)).toEqual(ratio);
  });

  test('every pixel format of ffmpeg has its depth and its alpha', () => {
    const json = execFileSync('ffprobe', ['-v', 'error', '-show_pixel_formats', '-of', 'json']).toString();
    const formats: PixelFormat[] = JSON.parse(json).pixel_formats;
    expect(formats.length).toBeGreaterThan(150);
    for (const { name, flags, components = [] } of formats.filter((format) => !/bayer|pal8/.test(format.name))) {
      // Depths below eight bits are as good as eight, and floats as sixteen.
      const depth = Math.max(8, ...components.map(({ bit_depth }) => Math.min(16, bit_depth)));
      expect([name, flags.hwaccel === 1 ? depth : bitDepthOf(name)]).toEqual([name, depth]);
      expect([name, hasAlpha({ pix_fmt: name })]).toEqual([name, flags.alpha === 1]);
    }
    expect(bitDepthOf(undefined)).toBe(8);
  });

  test.each([
    ['VP9 beside its picture', { codec_name: 'vp9', pix_fmt: 'yuv420p', tags: { alpha_mode: '1' } }, true],
    ['a tag that means nothing', { codec_name: 'h264', pix_fmt: 'yuv420p', tags: { alpha_mode: '1' } }, false],
    ['a palette of PNG', { codec_name: 'png', pix_fmt: 'pal8' }, true],
    ['a palette of QuickTime', { codec_name: 'qtrle', pix_fmt: 'pal8' }, false],
  ])('alpha: %s', (_, more, alpha) => {
    expect(hasAlpha(more)).toBe(alpha);
    expect(describePicture({ ...stream, ...more }).alpha).toBe(alpha || undefined);
  });

  const PQ = { ...stream, color_transfer: 'smpte2084' };
  test.each([
    ['MaxCLL', PQ, [{ max_luminance: '40000000/10000' }, { max_content: 812 }], 812],
    ['the mastering display', PQ, [{ max_luminance: '10000000/10000' }, { max_content: 0 }], 1000],
    ['nonsense', PQ, [{ max_luminance: '1/0' }, { max_content: 100_000 }], undefined],
    ['SDR', stream, [{ max_content: 812 }], undefined],
  ])('peak: %s', (_, base, side_data_list, peakNits) => {
    expect(describePicture({ ...base, side_data_list }).peakNits).toBe(peakNits);
  });

  const dolby = (dv_profile: number, dv_bl_signal_compatibility_id: number) => ({
    side_data_list: [{ dv_profile, dv_bl_signal_compatibility_id }],
  });
  test.each([
    ['Dolby Vision profile 5', dolby(5, 0)],
    ['Dolby Vision profile 10', dolby(10, 0)],
    ['Dolby Vision profile 20', dolby(20, 0)],
    ['ICtCp', { color_space: 'ictcp' }],
    ['ST 2085', { color_space: 'smpte2085' }],
    ['XYZ', { color_primaries: 'smpte428' }],
    ['constant luminance', { color_space: 'bt2020c', color_transfer: 'smpte2084' }],
    ['constant', { color_space: 'chroma-derived-c' }],
  ])('%s is refused by name', (name, more) => {
    const expected = expect.objectContaining({ code: 'source_unsupported', message: expect.stringContaining(name) });
    expect(() => checkColour({ ...stream, ...more })).toThrow(expected);
  });

  test.each([
    dolby(8, 1),
    dolby(8, 4),
    dolby(8, 2),
    dolby(7, 6),
    dolby(4, 2),
    dolby(10, 1),
    {},
    { color_space: 'bt2020nc' },
  ])('%j is played', (more) => {
    expect(() => checkColour({ ...stream, ...more })).not.toThrow();
  });
});
