import { describe, expect, test } from 'vitest';
import { probeArgs, SOUND_FORMATS, SOURCE_FORMATS } from '../../../encoder/media/ffmpeg-args.ts';
import { filterThreadsFor } from '../../../encoder/media/task-budget.ts';
import { chunkEncodeArgs } from '../../../encoder/picture/chunk-args.ts';
import { decimationShiftTicks } from '../../../encoder/picture/grid-filters.ts';
import { chunkFilterGraph } from '../../../encoder/picture/picture-filters.ts';
import { decodeArgs, scanArgs } from '../../../encoder/sound/sound-args.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import type { AudioPlan, VideoPlan } from '../../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../../src/protocol/source-facts.ts';

const BASE: VideoFacts = {
  streamIndex: 0,
  codec: 'h264',
  codedWidth: 640,
  codedHeight: 360,
  displayWidth: 640,
  displayHeight: 360,
  rotation: 0,
  sampleAspectRatio: { num: 1, den: 1 },
  frameRate: { num: 25, den: 1 },
  variableFrameRate: false,
  frameCount: 250,
  durationSeconds: 10,
  startTicks: 133_200,
  timeBase: { num: 1, den: 90_000 },
  interlaced: false,
  bitDepth: 8,
  videoRange: 'SDR',
  color: { primaries: 'unknown', transfer: 'unknown', matrix: 'unknown', range: 'unknown' },
};

function planFor(facts: Partial<VideoFacts>): { video: VideoPlan; chunks: ReturnType<typeof planEncode>['chunks'] } {
  const source = {
    schema: 1 as const,
    container: 'mpegts',
    sizeBytes: 1,
    video: { ...BASE, ...facts },
    audio: [],
    warnings: [],
  };
  return planEncode(source, { preset: 'veryfast', chunkSegments: 1 });
}

function graphOf(facts: Partial<VideoFacts>, index: number): string {
  const { video, chunks } = planFor(facts);
  const chunk = chunks[index];
  if (chunk === undefined) {
    throw new Error(`no chunk ${index}`);
  }
  return chunkFilterGraph(video, chunk);
}

describe('chunkFilterGraph', () => {
  test('the first chunk is pinned to the first frame', () => {
    expect(graphOf({ color: { ...BASE.color, matrix: 'bt709' } }, 0)).toBe(
      "[0:0]setpts='if(isnan(PREV_INPTS),PTS,max(PTS,PREV_INPTS+3456))-(133200)'," +
        'scale=interl=-1,bwdif=mode=send_frame:parity=auto:deint=interlaced,' +
        'fps=fps=25/1:round=near:start_time=0,trim=start_pts=0:end_pts=100[s1];' +
        '[s0]scale=w=426:h=240:flags=lanczos,setsar=1[v0];' +
        '[s1]scale=w=640:h=360:flags=lanczos:out_color_matrix=bt709:out_range=tv:in_color_matrix=bt709,format=yuv420p,setsar=1,' +
        'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,split=2[v1][s0]',
    );
  });

  test('a device gets its pictures last: the renditions that are scaled from one are not read back', () => {
    const { video, chunks } = planFor({});
    const [chunk] = chunks;
    const graph =
      chunk === undefined ? '' : chunkFilterGraph(video, chunk, { uploadOf: () => ['format=nv12', 'hwupload'] });
    expect(graph).toContain('split=2[u1][s0];[u1]format=nv12,hwupload[v1]');
    expect(graph).toContain('setsar=1[u0];[u0]format=nv12,hwupload[v0];');
  });

  test.each<[string, Partial<VideoFacts>, number, string, boolean]>([
    ['later chunks keep the absolute grid', {}, 1, 'start_time', false],
    ['a constant rate is never padded', {}, 2, 'tpad', false],
    [
      'a variable rate is, in the last chunk',
      { variableFrameRate: true },
      2,
      'tpad=stop_mode=clone:stop=2,trim=start_pts=200:end_pts=250',
      true,
    ],
    [
      'a slow one as long as its last frame may last',
      { variableFrameRate: true, frameRate: { num: 1, den: 2 } },
      2,
      'tpad=stop_mode=clone:stop=15',
      true,
    ],
    [
      'to the nearest slot, with an end that lies behind the last frame',
      { variableFrameRate: true, codec: 'vp9' },
      0,
      "setpts='PTS-(131400)',fps=fps=25/1:round=down:eof_action=pass:start_time=0",
      true,
    ],
    ['but not before', { variableFrameRate: true }, 1, 'tpad', false],
    [
      'interlaced frames, whatever the codec',
      { interlaced: true, codec: 'vp9' },
      0,
      'bwdif=mode=send_frame:parity=auto:deint=interlaced,fps',
      true,
    ],
    ['no interlacing in codecs that have none', { codec: 'vp9' }, 0, 'bwdif', false],
    ['transparency, which the deinterlacer might lose', { codec: 'prores', alpha: true }, 0, 'bwdif', false],
    ['sound before the picture', { leadSeconds: 1 }, 0, 'start_time=0,tpad=start_mode=clone:start=25,trim', true],
    ['and in later chunks', { leadSeconds: 1 }, 1, 'round=near,setpts=PTS+25,trim=start_pts=100:end_pts=200', true],
    ['chunks within the lead', { leadSeconds: 9 }, 1, 'start_time=0,tpad=start_mode=clone:start=225,trim', true],
    ['sound after the picture', { tailSeconds: 2 }, 2, 'tpad=stop_mode=clone:stop=50,trim=start_pts=200', true],
    ['after it in chunks that show the last frame alone', { tailSeconds: 9 }, 3, 'tpad=stop_mode=clone:stop=225', true],
    ['after it, but not before', { tailSeconds: 9 }, 1, 'tpad', false],
    [
      'a last frame that is held',
      { variableFrameRate: true, durationSeconds: 20, lastTicks: 133_200 + 249 * 3600 },
      3,
      'tpad=stop_mode=clone:stop=251,trim=start_pts=300',
      true,
    ],
    ['a negative origin', { startTicks: -5 }, 0, '-(-5)', true],
    ['PQ', { videoRange: 'PQ' }, 0, 'lut3d=file=tone-map.cube', true],
    ['HLG', { videoRange: 'HLG' }, 0, 'lut3d=file=tone-map.cube', true],
    ['full range', { color: { ...BASE.color, matrix: 'bt709', range: 'pc' } }, 0, 'in_range=pc', true],
    ['a named matrix', { color: { ...BASE.color, matrix: 'bt709' } }, 0, 'in_color_matrix=bt709', true],
    ['RGB has no matrix', { color: { ...BASE.color, matrix: 'gbr' } }, 0, 'in_color_matrix', false],
    ['untagged HD', { codedHeight: 1080 }, 0, 'in_color_matrix=bt709', true],
    ['untagged HD is converted by nothing else', { codedHeight: 1080 }, 0, 'zscale', false],
    ['untagged SD', {}, 0, 'colorspace=smpte170m,zscale=matrix=bt709', true],
    ['even HDR', { videoRange: 'PQ' }, 0, 'flags=lanczos,setparams=color', false],
    [
      'odd HDR that is turned',
      { videoRange: 'PQ', codedWidth: 321, codedHeight: 181, rotation: 90 },
      0,
      'scale=w=182:h=322:flags=lanczos,zscale',
      true,
    ],
    ['alpha before anything looks at neighbours', { alpha: true }, 0, 'format=gbrp16le,setpts', true],
    ['one size before anything looks at neighbours', { sizeChanges: true }, 0, 'setsar=1,setpts', true],
  ])('%s', (_, facts, index, part, isThere) => {
    expect(graphOf(facts, index).includes(part)).toBe(isThere);
  });

  test.each([
    [25, 0],
    [60, 0],
    // A quarter of a 60th of a second; three eighths.
    [120, 375],
    [240, 563],
  ])('%s fps is shifted by %s ticks', (num, ticks) => {
    expect(decimationShiftTicks(planFor({ frameRate: { num, den: 1 } }).video)).toBe(ticks);
  });
});

describe('argument lists', () => {
  const { video, chunks } = planFor({});
  const [first, second] = chunks;
  const audio: AudioPlan = {
    track: 'a128-und',
    streamIndex: 1,
    language: 'und',
    bitrateKbps: 128,
    channels: 2,
    sampleRate: 48_000,
    frameCount: 469,
    segmentSeconds: 4,
  };
  const hostile = '-i concat:a|b.m3u8';
  const chunkArgs = (chunk = first, marginSeconds: number | null = null): string[] =>
    chunk === undefined
      ? []
      : chunkEncodeArgs({
          ...{ sourcePath: hostile, video, chunk, marginSeconds, directory: '/folder', holdEnd: false },
          ...{ videoEncoder: 'x264', threads: 3, filterThreads: 1 },
        });

  test.each([
    ['ffprobe', SOURCE_FORMATS, probeArgs(hostile, ['-show_streams'], 3)],
    ['a chunk', `${SOURCE_FORMATS},${SOUND_FORMATS},nut`, chunkArgs()],
    ['the times of sound', `${SOURCE_FORMATS},${SOUND_FORMATS},nut`, scanArgs(hostile, audio, undefined)],
    ['sound', `${SOURCE_FORMATS},${SOUND_FORMATS},nut`, decodeArgs(hostile, audio)],
  ])('%s reads local files of real containers only', (_, formats, args) => {
    const inputAt = args.indexOf('-i');
    expect(args[inputAt + 1]).toBe(`file:${hostile}`);
    expect(args.slice(0, inputAt)).toEqual(
      expect.arrayContaining(['-protocol_whitelist', 'file', '-format_whitelist', formats, '-max_alloc']),
    );
    expect(args.filter((arg) => arg === hostile)).toEqual([]);
  });

  test('no playlist, script or image format is allowed', () => {
    expect(SOURCE_FORMATS.split(',').filter((name) => /hls|concat|dash|image|tty|lavfi|sdp|rtp/.test(name))).toEqual(
      [],
    );
  });

  test('seeking is on the source clock, before the chunk', () => {
    expect(chunkArgs(first, 1)).not.toContain('-ss');
    expect(chunkArgs(second, null)).not.toContain('-ss');
    // 1.48 s origin + 4 s - 1 s.
    expect(chunkArgs(second, 1)).toEqual(expect.arrayContaining(['-seek_timestamp', '-noaccurate_seek', '4.480000']));
  });

  test('transparency of WebM is decoded; pictures that change their size are turned in the graph', () => {
    const chunk = { index: 0, firstFrame: 0, frameCount: 100, firstNumber: 1 };
    const argsOf = (facts: Partial<VideoFacts>): string[] =>
      chunkEncodeArgs({
        ...{ sourcePath: 'file', video: { ...video, source: { ...video.source, ...facts } }, chunk },
        ...{
          marginSeconds: null,
          directory: '/folder',
          holdEnd: false,
          videoEncoder: 'x264',
          threads: 1,
          filterThreads: 1,
        },
      });
    const decoderOf = (args: string[]): string | undefined => args[args.indexOf('-c:0') + 1];
    expect(decoderOf(argsOf({ codec: 'vp9', alpha: true }))).toBe('libvpx-vp9');
    expect(argsOf({ codec: 'vp9' })).not.toContain('-c:0');
    expect(argsOf({ codec: 'prores', alpha: true })).not.toContain('-c:0');
    expect(argsOf({ sizeChanges: true, rotation: 90 })).toContain('-noautorotate');
    expect(argsOf({ rotation: 90 })).not.toContain('-noautorotate');
  });

  test('a chunk after the last frame seeks to that frame, and one in the lead reads from the start', () => {
    const held = planFor({ tailSeconds: 30, lastTicks: 133_200 + 249 * 3600, leadSeconds: 4 });
    const argsOf = (index: number): string[] => {
      const chunk = held.chunks[index];
      const own = { video: held.video, sourcePath: hostile, directory: '/folder', marginSeconds: 1, holdEnd: false };
      return chunk === undefined
        ? []
        : chunkEncodeArgs({ ...own, chunk, videoEncoder: 'x264', threads: 1, filterThreads: 1 });
    };
    expect(argsOf(0)).not.toContain('-ss');
    expect(argsOf(1)).not.toContain('-ss');
    // 1.48 s origin + 8 s - 4 s lead - 1 s.
    expect(argsOf(2)).toEqual(expect.arrayContaining(['-ss', '4.480000']));
    expect(argsOf(6)).toEqual(expect.arrayContaining(['-ss', (1.48 + 249 / 25 - 1).toFixed(6)]));
  });

  test("filters keep to the task's share of the machine", () => {
    const args = chunkArgs();
    expect(args[args.indexOf('-filter_complex_threads') + 1]).toBe('1');
    const threads = (cores: number, videoRange: 'SDR' | 'PQ'): number =>
      filterThreadsFor({ cores, memoryBytes: 1, deadlineMs: 1 }, { videoRange });
    expect([1, 2, 4, 16, 128].map((cores) => threads(cores, 'SDR'))).toEqual([1, 1, 1, 4, 16]);
    expect([1, 2, 4, 16, 128].map((cores) => threads(cores, 'PQ'))).toEqual([2, 3, 6, 16, 16]);
  });

  test('one output per rendition', () => {
    const args = chunkArgs();
    expect(args.filter((arg) => arg.startsWith('file:/folder'))).toEqual([
      'file:/folder/v240.mp4',
      'file:/folder/v360.mp4',
    ]);
    expect(args).toEqual(
      expect.arrayContaining([
        '-level',
        '2.1',
        '-maxrate',
        '400k',
        '-bufsize',
        '800k',
        '-g',
        '50',
        '-video_track_timescale',
        '25000',
      ]),
    );
  });
});
