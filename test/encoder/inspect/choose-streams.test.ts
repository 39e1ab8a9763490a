import { describe, expect, test } from 'vitest';
import { chooseStreams } from '../../../encoder/inspect/choose-streams.ts';
import { type DroppedTrack, droppedWarnings } from '../../../encoder/inspect/dropped-tracks.ts';
import type { RawStream } from '../../../encoder/inspect/probe-schema.ts';
import { warningSchema } from '../../../src/protocol/warnings.ts';

const picture = (index: number, more: Partial<RawStream> = {}): RawStream => ({
  index,
  codec_type: 'video',
  codec_name: 'h264',
  width: 640,
  height: 360,
  ...more,
});
const sound = (index: number, more: Partial<RawStream> = {}): RawStream => ({
  index,
  codec_type: 'audio',
  codec_name: 'aac',
  ...more,
});
const flags = (...names: string[]) => ({ disposition: Object.fromEntries(names.map((name) => [name, 1])) });
const large = { width: 1920, height: 1080 };
const lasts = (seconds: number) => ({ duration: seconds });
const tagged = (DURATION: string) => ({ tags: { DURATION } });

describe('the picture is', () => {
  test.each<[string, number, RawStream[]]>([
    ['the default', 1, [picture(0, large), picture(1, flags('default'))]],
    ['the largest', 1, [picture(0), picture(1, large)]],
    ['the first of equals', 0, [picture(0), picture(1)]],
    [
      'the largest where all are flagged',
      1,
      [picture(0, flags('default')), picture(1, { ...large, ...flags('default') })],
    ],
    [
      'the largest of the enabled',
      2,
      [picture(0, large), picture(1, flags('default')), picture(2, { width: 800, height: 600, ...flags('default') })],
    ],
    ['no cover', 1, [picture(0, { ...large, ...flags('attached_pic', 'default') }), picture(1)]],
    ['no thumbnails', 1, [picture(0, { ...large, ...flags('timed_thumbnails') }), picture(1)]],
    [
      'no poster of another length',
      1,
      [picture(0, { ...tagged('00:00:00.061'), ...flags('default') }), picture(1, tagged('00:00:04.021000000'))],
    ],
    [
      'no poster of one frame',
      1,
      [picture(0, { nb_frames: 1, ...large, ...lasts(10) }), picture(1, { nb_frames: 250, ...lasts(10) })],
    ],
    ['no image', 1, [picture(0, { codec_name: 'mjpeg', ...large, ...flags('default') }), picture(1)]],
    ['no slides', 1, [picture(0, { codec_name: 'png', nb_frames: 9, ...large, ...lasts(10) }), picture(1, lasts(10))]],
    [
      'motion JPEG',
      0,
      [picture(0, { codec_name: 'mjpeg', nb_frames: 250, ...large, ...lasts(10) }), picture(1, lasts(10))],
    ],
    [
      'a slide, where there is nothing else',
      1,
      [sound(0), picture(1, { codec_name: 'png', nb_frames: 1, ...lasts(60) })],
    ],
    ['no enhancement layer', 1, [picture(0, { ...large, side_data_list: [{ bl_present_flag: 0 }] }), picture(1)]],
    ['one with a known codec', 1, [picture(0, { ...large, codec_name: undefined }), picture(1)]],
  ])('%s', (_, index, streams) => {
    expect(chooseStreams({ streams, programs: [] }).video.index).toBe(index);
  });

  test('missing where there are covers only, and unsupported where a codec is unknown', () => {
    const choose =
      (streams: RawStream[], unopened: RawStream[] = []) =>
      () =>
        chooseStreams({ streams, programs: [] }, unopened);
    const missing = expect.objectContaining({ code: 'source_no_video' });
    expect(choose([picture(0, flags('attached_pic')), sound(1)])).toThrow(missing);
    const unsupported = (name: string) =>
      expect.objectContaining({ code: 'source_unsupported', message: expect.stringContaining(name) });
    expect(choose([picture(0, { codec_name: undefined }), sound(1)])).toThrow(unsupported('unknown codec'));
    expect(choose([sound(1)], [picture(0, { codec_name: 'vvc' })])).toThrow(unsupported('vvc'));
  });
});

describe('programmes', () => {
  const program = (program_id: number, service_name: string, ...indices: number[]) => ({
    program_id,
    tags: { service_name },
    streams: indices.map((index) => ({ index })),
  });
  const streams = [picture(0), sound(1), picture(2, large), sound(3), sound(4), sound(5)];

  test('the sound is that of the picture’s own, with what is in none or in both', () => {
    const programs = [program(1, 'One', 0, 1, 4), program(2, 'Two', 2, 3, 4)];
    const { video, audio, dropped } = chooseStreams({ streams, programs });
    expect([video.index, audio.map(({ index }) => index)]).toEqual([2, [3, 4, 5]]);
    expect(dropped).toEqual([
      {
        reason: 'programme',
        what: expect.stringMatching(/^programme 1 “One” with track 0 \(h264, 640×360\), track 1/),
      },
    ]);
  });

  test('one is no choice', () => {
    const { audio, dropped } = chooseStreams({ streams: streams.slice(2), programs: [program(1, 'One', 2, 3)] });
    expect(audio.map(({ index }) => index)).toEqual([3, 4, 5]);
    expect(dropped).toEqual([]);
  });
});

describe('what is left out', () => {
  test('is told once for each reason, and covers, time codes, chapters and sensors are not told', () => {
    const data = (index: number, codec_name?: string): RawStream => ({ index, codec_type: 'data', codec_name });
    const { texts, dropped } = chooseStreams({
      streams: [
        picture(0, flags('default')),
        picture(1, { tags: { title: 'Angle 2', language: 'und' } }),
        picture(2, { codec_name: 'mjpeg', ...flags('attached_pic') }),
        { index: 3, codec_type: 'subtitle', codec_name: 'subrip', tags: { language: 'ger', title: 'Voll' } },
        { index: 4, codec_type: 'subtitle', codec_name: 'dvb_teletext' },
        { index: 9, codec_type: 'subtitle', codec_name: 'hdmv_pgs_subtitle', tags: { language: 'ger', title: 'Voll' } },
        data(5),
        data(6, 'bin_data'),
        data(7, 'klv'),
        { index: 8, codec_type: 'attachment', codec_name: 'ttf' },
      ],
      programs: [],
    });
    expect(droppedWarnings(dropped).map(({ message }) => message)).toEqual([
      'The version has one picture of the source. Left out: track 1 (h264, 640×360, “Angle 2”)',
      'Subtitles of a kind that cannot be read are left out: track 4 (dvb_teletext)',
      'Subtitles that are pictures cannot become text. Left out: track 9 (hdmv_pgs_subtitle, de, “Voll”)',
      'Data tracks are left out: track 7 (klv)',
    ]);
    expect(texts.map(({ index }) => index)).toEqual([3]);
  });

  test('fits a warning, however much it is', () => {
    const many: DroppedTrack[] = Array.from({ length: 90 }, (_, index) => ({
      reason: 'bitmap',
      what: `track ${index} (${'x'.repeat(index === 0 ? 600 : 20)})`,
    }));
    for (const dropped of [many, many.slice(1)]) {
      const [warning, ...more] = droppedWarnings(dropped);
      expect(more).toEqual([]);
      expect(warningSchema.safeParse(warning).success).toBe(true);
      expect(warning?.message).toMatch(/ and \d+ more$/);
    }
  });
});
