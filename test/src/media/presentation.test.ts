import { describe, expect, test } from 'vitest';
import {
  type AudioTrack,
  audioTracks,
  currentSchema,
  type Presentation,
  parsePresentation,
  presentationDurationSeconds,
  segmentsOf,
  type TrackChunk,
  trackDurationSeconds,
  trackDurationTicks,
  type VideoTrack,
  videoTracks,
} from '../../../src/media/presentation.ts';

const track = {
  timescale: 24_000,
  presentationOffset: 0,
  bandwidth: { average: 1000, peak: 2000 },
  init: { bytes: 800, sha256: 'a'.repeat(64) },
};

const videoTrack = (change: Partial<VideoTrack> = {}): VideoTrack => ({
  ...track,
  id: 'v720',
  kind: 'video',
  codec: 'avc1.64001f',
  width: 1280,
  height: 720,
  frameRate: { num: 24, den: 1 },
  videoRange: 'SDR',
  chunks: [
    {
      attempt: '1',
      firstNumber: 1,
      segments: [
        [96_000, 10],
        [96_000, 20],
      ],
      keyframeBytes: [5, 6],
    },
    { attempt: '3', firstNumber: 3, segments: [[48_000, 30]], keyframeBytes: [7] },
  ],
  ...change,
});

const audioTrack = (change: Partial<AudioTrack> = {}): AudioTrack => ({
  ...track,
  id: 'a128-eng',
  kind: 'audio',
  codec: 'mp4a.40.2',
  timescale: 48_000,
  channels: 2,
  sampleRate: 48_000,
  language: 'eng',
  role: 'main',
  chunks: [{ attempt: '1', firstNumber: 1, segments: [[480_512, 160_000]] }],
  ...change,
});

const presentation = (change: Partial<Presentation> = {}): Presentation => ({
  schema: 1,
  assetId: 'film',
  version: 'ver1',
  revision: 1,
  source: {
    container: 'mov,mp4',
    sizeBytes: 1000,
    width: 1280,
    height: 720,
    frameRate: { num: 24, den: 1 },
    frameCount: 240,
    durationSeconds: 10,
    videoCodec: 'h264',
  },
  tracks: [videoTrack(), audioTrack()],
  ...change,
});

const refuses = (value: unknown): boolean => {
  try {
    parsePresentation(JSON.stringify(value));
    return false;
  } catch {
    return true;
  }
};
const withTrack = (change: object) => presentation({ tracks: [{ ...videoTrack(), ...change } as VideoTrack] });
const withChunk = (change: object) => withTrack({ chunks: [{ ...videoTrack().chunks[0], ...change }] });

describe('a presentation', () => {
  test('survives being written and read', () => {
    expect(parsePresentation(JSON.stringify(presentation()))).toEqual(presentation());
  });

  test('may name its protection', () => {
    const protection = { scheme: 'cbcs' as const, keyIds: ['0'.repeat(32)] };
    expect(refuses(withTrack({ protection }))).toBe(false);
  });

  test.each([
    ['another schema', { ...presentation(), schema: 2 }],
    ['an unknown member', { ...presentation(), extra: 1 }],
    ['an unknown member of its source', { ...presentation(), source: { ...presentation().source, extra: 1 } }],
    ['an unknown member of a track', withTrack({ extra: 1 })],
    ['an unknown member of a chunk', withChunk({ extra: 1 })],
    ['no tracks', presentation({ tracks: [] })],
    ['145 tracks', presentation({ tracks: new Array(145).fill(videoTrack()) })],
    ['revision 0', presentation({ revision: 0 })],
    ['an asset id that is a path', presentation({ assetId: '../x' })],
    ['an unknown kind of track', withTrack({ kind: 'hologram' })],
    ['a track id with a dot', withTrack({ id: 'v.720' })],
    ['an unknown codec', withTrack({ codec: 'vp09.00.10.08' })],
    ['a codec that ends its attribute', withTrack({ codec: 'avc1.64001f"' })],
    ['timescale 0', withTrack({ timescale: 0 })],
    ['a start before zero', withTrack({ presentationOffset: -1 })],
    ['no bandwidth', withTrack({ bandwidth: { average: 0, peak: 0 } })],
    ['a digest in capitals', withTrack({ init: { bytes: 800, sha256: 'A'.repeat(64) } })],
    ['a short digest', withTrack({ init: { bytes: 800, sha256: 'a'.repeat(63) } })],
    ['a key id that is none', withTrack({ protection: { scheme: 'cbcs', keyIds: ['xyz'] } })],
    ['an unknown protection', withTrack({ protection: { scheme: 'rot13', keyIds: ['0'.repeat(32)] } })],
    ['a track without chunks', withTrack({ chunks: [] })],
    ['attempt 0', withChunk({ attempt: '0' })],
    ['attempt as a path', withChunk({ attempt: '1/../2' })],
    ['segment number 0', withChunk({ firstNumber: 0 })],
    ['a chunk without segments', withChunk({ segments: [] })],
    ['a segment without time', withChunk({ segments: [[0, 10]] })],
    ['a segment without bytes', withChunk({ segments: [[96_000, 0]] })],
    ['a segment of three numbers', withChunk({ segments: [[96_000, 10, 1]] })],
    ['a segment with half a tick', withChunk({ segments: [[0.5, 10]] })],
    ['an audio track of two languages', presentation({ tracks: [audioTrack({ language: 'eng,deu' })] })],
  ])('may not have %s', (_, value) => {
    expect(refuses(value)).toBe(true);
  });

  test.each(['', 'null', '[]', '{', '{}'])('is not %j', (json) => {
    expect(() => parsePresentation(json)).toThrow();
  });

  test('of 2 hours and 10 tracks at 4 s is under 400 KB', () => {
    const segmentCount = 1800;
    // One chunk per track, as where no task was tried twice (control/encoding/publish/assemble.workerd.test.ts).
    const chunksOf = (ticks: number, bytes: number, keyframe: number): TrackChunk[] => [
      {
        attempt: '1',
        firstNumber: 1,
        segments: Array.from({ length: segmentCount }, (_, index) => [ticks, bytes + (index % 10)]),
        keyframeBytes: new Array<number>(segmentCount).fill(keyframe),
      },
    ];
    const videos = [240, 360, 480, 540, 720, 1080, 1440, 2160].map((height) =>
      videoTrack({
        id: `v${height}`,
        width: Math.round((height * 16) / 9),
        height,
        chunks: chunksOf(96_000, height * 1000, height * 100),
      }),
    );
    const audioSegments = new Array(segmentCount).fill([192_512, 65_432]);
    const audios = ['eng', 'deu'].map((language) =>
      audioTrack({
        id: `a128-${language}`,
        language,
        chunks: [{ attempt: '1', firstNumber: 1, segments: audioSegments }],
      }),
    );
    const json = JSON.stringify(presentation({ tracks: [...videos, ...audios] }));
    expect(parsePresentation(json).tracks).toHaveLength(10);
    expect(json.length).toBeLessThan(400_000);
  });
});

describe('the segments of a track', () => {
  test('are numbered and timed through all chunks', () => {
    expect([...segmentsOf(videoTrack({ presentationOffset: 2000 }))]).toEqual([
      { number: 1, attempt: '1', startTicks: 2000, durationTicks: 96_000, bytes: 10, keyframeBytes: 5 },
      { number: 2, attempt: '1', startTicks: 98_000, durationTicks: 96_000, bytes: 20, keyframeBytes: 6 },
      { number: 3, attempt: '3', startTicks: 194_000, durationTicks: 48_000, bytes: 30, keyframeBytes: 7 },
    ]);
  });

  test('add up to its duration, whatever its offset', () => {
    expect(trackDurationTicks(videoTrack({ presentationOffset: 2000 }))).toBe(240_000);
    expect(trackDurationSeconds(videoTrack())).toBe(10);
  });

  test('of the longest video track make the presentation’s duration, although its sound is longer', () => {
    expect(presentationDurationSeconds(presentation())).toBe(10);
  });

  test('of sound make it only where there is no picture', () => {
    const tracks = audioTracks(presentation());
    expect(presentationDurationSeconds({ ...presentation(), tracks })).toBe(480_512 / 48_000);
  });

  test('are asked for by kind', () => {
    expect(videoTracks(presentation()).map(({ id }) => id)).toEqual(['v720']);
    expect(audioTracks(presentation()).map(({ id }) => id)).toEqual(['a128-eng']);
  });
});

describe('current.json', () => {
  const current = { version: 'ver1', revision: 1, policy: 'signed', disabled: false };

  test('is taken as it is', () => {
    expect(currentSchema.parse(current)).toEqual(current);
    expect(currentSchema.parse({ ...current, prewarm: true })).toEqual({ ...current, prewarm: true });
  });

  test.each([
    ['a missing member', { version: 'ver1', revision: 1, policy: 'signed' }],
    ['an unknown member', { ...current, extra: 1 }],
    ['an unknown policy', { ...current, policy: 'open' }],
    ['revision 0', { ...current, revision: 0 }],
    ['a version that is a path', { ...current, version: '../x' }],
    ['disabled as text', { ...current, disabled: 'false' }],
    ['prewarm as a number', { ...current, prewarm: 1 }],
  ])('may not have %s', (_, value) => {
    expect(currentSchema.safeParse(value).success).toBe(false);
  });
});
