/** Where everything of a file is, by arithmetic: no bytes of media are needed. */
import { describe, expect, test } from 'vitest';
import { BoxReader } from '../../../../src/media/boxes/boxes.ts';
import { slicesOf } from '../../../../src/media/mp4-file/file-slices.ts';
import { layOut, type MediaLayout, placeAt, segmentAt } from '../../../../src/media/mp4-file/media-layout.ts';
import { chunkOffsets, type MovieFile, movieFile } from '../../../../src/media/mp4-file/movie-file.ts';
import { editList, mediaHeaders, timesOf } from '../../../../src/media/mp4-file/track-boxes.ts';
import type { Track } from '../../../../src/media/presentation.ts';
import { audioTrack, videoTrack } from '../manifest/fixture.ts';

const samplesOf = (segments: number) => ({ fingerprint: '0', segments, shiftTicks: 2002, boxesBytes: 300 });

const chunksOf = (count: number, ticks: number, bytes: number) => [
  { attempt: '1', firstNumber: 1, segments: Array.from({ length: count }, (): [number, number] => [ticks, bytes]) },
];

/** Segments of 4 s at these sizes. */
const filmOf = (count: number, bytes: number, soundBytes = 1000): MovieFile => {
  const video = videoTrack('v720', 1280, 720, 1, { chunks: chunksOf(count, 120_000, bytes) });
  const audio = audioTrack('a128-de', 'de', { chunks: chunksOf(count, 192_000, soundBytes) });
  return movieFile([video, audio].map((track) => ({ track, samples: samplesOf(count) })));
};

/** Each segment's first sample is at 100 in it. */
const inSegments = (count: number): Uint8Array =>
  Uint8Array.from({ length: 4 * count }, (_, index) => (index % 4 === 3 ? 100 : 0));

const offsetsOf = (file: MovieFile, index: number, count: number): { type: string; offsets: number[] } => {
  const bytes = chunkOffsets(file, index, inSegments(count));
  const reader = new BoxReader(bytes);
  const [box] = reader.boxes();
  const at = (entry: number): number =>
    box?.type === 'co64' ? reader.uint64(16 + 8 * entry, bytes.length) : reader.uint32(16 + 4 * entry, bytes.length);
  return { type: box?.type ?? '', offsets: Array.from({ length: count }, (_, entry) => at(entry)) };
};

const orderOf = (media: MediaLayout) => Array.from(media.trackAt, (_, place) => segmentAt(media, place));

describe('the order of segments', () => {
  test('is by time, and picture first', () => {
    const { media } = filmOf(2, 5000);
    expect(orderOf(media).map(({ track, number }) => `${track}/${number}`)).toEqual([
      'v720/1',
      'a128-de/1',
      'v720/2',
      'a128-de/2',
    ]);
    expect([...media.starts]).toEqual([0, 5000, 6000, 11_000, 12_000]);
  });

  test('takes later starts into account', () => {
    const video = videoTrack('v720', 1280, 720, 1, { chunks: chunksOf(3, 120_000, 10) });
    const late: Track = audioTrack('a128-de', 'de', { chunks: chunksOf(1, 192_000, 10), startTicks: 240_000 });
    expect(orderOf(layOut([video, late])).map(({ track }) => track)).toEqual(['v720', 'v720', 'a128-de', 'v720']);
  });

  test('tells the segment of every byte', () => {
    const media = layOut([videoTrack('v720', 1280, 720, 5)]);
    const places = [0, 4, 5, 20_009, 20_010, 20_011].map((offset) => placeAt(media, offset));
    expect(places).toEqual([0, 0, 1, 1, 2, 2]);
    expect(orderOf(media)).toEqual([
      { track: 'v720', attempt: '1', number: 1, bytes: 5 },
      { track: 'v720', attempt: '1', number: 2, bytes: 20_005 },
      { track: 'v720', attempt: '2', number: 3, bytes: 120_000 },
    ]);
    expect(() => segmentAt(media, 3)).toThrow('3');
  });
});

describe('a file', () => {
  test('has 32-bit offsets to the last byte below 4 GiB, and 64-bit ones above', () => {
    const shape = filmOf(2, 5000);
    const spare = 0xffffffff - shape.sizeBytes;
    const most = filmOf(2, 5000 + Math.floor(spare / 2), 1000);
    expect([most.offsetBytes, most.sizeBytes <= 0xffffffff]).toEqual([4, true]);
    expect(offsetsOf(most, 1, 2).type).toBe('stco');
    const more = filmOf(2, 5000 + Math.floor(spare / 2) + 1, 1000);
    expect([more.offsetBytes, more.sizeBytes > 0xffffffff]).toEqual([8, true]);
    expect(offsetsOf(more, 1, 2).type).toBe('co64');
  });

  test('of 30 GB has offsets that lead into its segments', () => {
    const count = 2700;
    const file = filmOf(count, 11_000_000);
    expect(file.sizeBytes).toBeGreaterThan(29e9);
    const picture = offsetsOf(file, 0, count);
    const sound = offsetsOf(file, 1, count);
    expect([picture.type, sound.type]).toEqual(['co64', 'co64']);
    expect(picture.offsets[0]).toBe(file.mediaStart + 100);
    expect(sound.offsets[0]).toBe(file.mediaStart + 11_000_000 + 100);
    expect(picture.offsets.at(-1)).toBe(file.mediaStart + 2699 * 11_001_000 + 100);
    expect(sound.offsets.at(-1)).toBe(file.sizeBytes - 1000 + 100);
  });

  test('is covered by its slices, wherever it is cut', () => {
    const file = filmOf(3, 50, 7);
    const whole = [...slicesOf(file, 0, file.sizeBytes)];
    let at = 0;
    const borders = whole.map(({ length }) => {
      at += length;
      return at;
    });
    expect(at).toBe(file.sizeBytes);
    const placeOf = (offset: number): string => {
      const index = borders.findIndex((border) => offset < border);
      return `${index} at ${offset - (borders[index - 1] ?? 0)}`;
    };
    const ordinalOf = (slice: (typeof whole)[number]): number =>
      whole.findIndex((other) =>
        slice.of === 'front'
          ? other.of === 'front' && other.piece === slice.piece
          : other.of === 'segment' && other.place === slice.place,
      );
    for (const from of borders
      .flatMap((border) => [border - 1, border, border + 1])
      .filter((cut) => cut < file.sizeBytes)) {
      for (const length of [1, 8, 60, file.sizeBytes - from]) {
        const slices = [...slicesOf(file, from, Math.min(length, file.sizeBytes - from))];
        let offset = from;
        for (const slice of slices) {
          expect(`${ordinalOf(slice)} at ${slice.offset}`).toBe(placeOf(offset));
          offset += slice.length;
        }
        expect(offset).toBe(from + Math.min(length, file.sizeBytes - from));
      }
    }
  });
});

describe('times of a track', () => {
  const track = videoTrack('v720', 1280, 720, 1);

  test('begin with the first frame that is shown, and are rounded up', () => {
    // 285,285 ticks of 1/30,000 s are 9,509.5 ms.
    expect(timesOf(track, 2002, 1000)).toEqual({
      mediaTicks: 2002,
      delayTicks: 0,
      editTicks: 9510,
      durationTicks: 285_285,
    });
  });

  test('leave out what is before the film, and wait for what begins later', () => {
    expect(timesOf({ ...track, presentationOffset: 30_000, startTicks: 0 }, 0, 30_000)).toMatchObject({
      mediaTicks: 30_000,
      editTicks: 255_285,
    });
    const late = timesOf({ ...track, startTicks: 15_000 }, 0, 1000);
    expect(late).toMatchObject({ mediaTicks: 0, delayTicks: 500, editTicks: 9510 });
    expect([...editList(late)].slice(16)).toEqual(
      [
        [0, 0, 0, 0],
        [0, 0, 0, 2],
        [0, 0, 1, 0xf4],
        [255, 255, 255, 255],
        [0, 1, 0, 0],
        [0, 0, 0x25, 0x26],
        [0, 0, 0, 0],
        [0, 1, 0, 0],
      ].flat(),
    );
  });

  test('have 64 bits where 32 are too few', () => {
    const times = { mediaTicks: 0, delayTicks: 0, editTicks: 2 ** 33, durationTicks: 2 ** 33 };
    expect(new BoxReader(editList(times)).bytes[16]).toBe(1);
    expect(new BoxReader(mediaHeaders(track, times)).bytes[8]).toBe(1);
  });

  test.each([
    ['deu', 0x10b5, 'deu'],
    ['de', 0x55c4, 'de'],
    ['und', 0x55c4, undefined],
  ])('%s is a language of three letters, or told whole', (language, packed, tag) => {
    const times = timesOf(track, 0, 1000);
    const reader = new BoxReader(mediaHeaders(audioTrack('a128', language), times));
    const [mdhd, , elng] = reader.boxes();
    expect(reader.view.getUint16((mdhd?.start ?? 0) + 28)).toBe(packed);
    const text = elng && String.fromCharCode(...reader.bytes.subarray(elng.contentStart + 4, elng.end - 1));
    expect(text).toBe(tag);
  });
});
