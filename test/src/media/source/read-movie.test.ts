/** Indexes that lie, each changed by hand, with the reason that the reader names; and random damage. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotStandard, type NotStandardCode } from '../../../../src/media/source/not-standard.ts';
import { readStandardSource } from '../../../../src/media/source/read-movie.ts';
import type { SampleCursor } from '../../../../src/media/source/standard-source.ts';
import { movieIndex, movieSizeBytes } from '../../../system/movie-index.ts';
import { box, fullBox, u16, u32 } from '../cmaf/build-boxes.ts';
import { boxAt, changed, inserted, renamed, replaced } from './change-box.ts';

const FILM = { seconds: 10 };
const MOOV = movieIndex(FILM);
const SIZE = movieSizeBytes(FILM);
const FRAMES = 240;

function verdictOf(moov: Uint8Array, sizeBytes = SIZE): NotStandardCode | 'standard' {
  try {
    readStandardSource(moov, sizeBytes);
    return 'standard';
  } catch (error) {
    if (error instanceof NotStandard) {
      return error.code;
    }
    throw error;
  }
}

const STBL = 'trak/mdia/minf/stbl';
const SOUND = 'trak:1/mdia/minf/stbl';
/** Writes 32-bit numbers from `at` on: behind version and flags, tables have their count at 4 and entries from 8 on. */
const put =
  (path: string, at: number, ...values: number[]) =>
  (moov: Uint8Array): Uint8Array =>
    changed(moov, path, (content) => {
      for (const [index, value] of values.entries()) {
        content.setUint32(at + 4 * index, value);
      }
    });
const without = (path: string) => (moov: Uint8Array) => renamed(moov, path);
const swap = (text: string, other: string) => (moov: Uint8Array) => replaced(moov, text, other);
const ONE = 0x10000;
const both =
  (first: (moov: Uint8Array) => Uint8Array, second: (moov: Uint8Array) => Uint8Array) =>
  (moov: Uint8Array): Uint8Array =>
    second(first(moov));
/** A box at the end of the picture's sample entry. */
const inEntry = (added: number[]) => (moov: Uint8Array) => inserted(moov, `${STBL}/stsd`, added, { entry: true });
const colours = (kind: string, primaries: number, transfer: number, matrix: number): number[] =>
  box(
    'colr',
    Array.from(kind, (character) => character.charCodeAt(0)),
    u16(primaries),
    u16(transfer),
    u16(matrix),
    [0],
  );
/** Edits of the track in place of its own: milliseconds, media time. */
const edits = (track: string, ...entries: [number, number][]) =>
  both(without(`${track}/edts`), (moov) => {
    const rows = entries.flatMap(([duration, mediaTime]) => [...u32(duration), ...u32(mediaTime), ...u32(ONE)]);
    return inserted(moov, track, box('edts', fullBox('elst', 0, 0, u32(entries.length), rows)));
  });
/** In place of the configuration of AAC-LC, which is one byte shorter. */
const specificInfo = (...bytes: number[]) =>
  swap('\x05\x80\x80\x80\x02\x11\x90', String.fromCharCode(5, 0x80, 0x80, 3, ...bytes));

const CASES: [NotStandardCode | 'standard', string, (moov: Uint8Array) => Uint8Array][] = [
  ['standard', 'nothing changed', (moov) => moov],
  ['index_damaged', 'no mvhd', without('mvhd')],
  ['index_damaged', 'no mdia', without('trak/mdia')],
  ['index_damaged', 'no tkhd', without('trak/tkhd')],
  ...['stsd', 'stts', 'stsc', 'stsz', 'stco'].map((type): (typeof CASES)[number] => [
    'index_damaged',
    `no ${type}`,
    without(`${STBL}/${type}`),
  ]),
  ['index_damaged', 'two mvhd', (moov) => renamed(moov, 'trak:1', 'mvhd')],
  ['index_damaged', 'timescale 0', put('trak/mdia/mdhd', 12, 0)],
  ['index_damaged', 'movie timescale 0', put('mvhd', 12, 0)],
  ['index_damaged', 'timescale above 2^31', put('trak/mdia/mdhd', 12, 0xffffffff)],
  ['fragmented', 'mvex', (moov) => renamed(moov, 'trak:1', 'mvex')],
  ['encrypted', 'pssh', (moov) => renamed(moov, 'trak:1', 'pssh')],
  ['index_missing', 'compressed', (moov) => renamed(moov, 'trak:1', 'cmov')],
  ['encrypted', 'encv', swap('avc1', 'encv')],
  ['encrypted', 'enca', swap('mp4a', 'enca')],
  ['video_codec', 'HEVC', swap('avc1', 'hvc1')],
  ['standard', 'avc3 with parameter sets', swap('avc1', 'avc3')],
  ['audio_codec', 'AC-3', swap('mp4a', 'ac-3')],
  ['audio_codec', 'no esds', swap('esds', 'free')],
  ['index_damaged', 'no avcC', swap('avcC', 'free')],
  ['video_missing', 'a text track for a picture', swap('vide', 'text')],
  ['standard', 'a time code for sound', swap('soun', 'tmcd')],
  ['video_codec', 'two pictures', swap('soun', 'vide')],
  ['external_data', 'in another file', put('trak/mdia/minf/dinf/dref', 16, 0)],
  // Sample tables.
  ['index_too_large', '10 million samples of one size', put(`${STBL}/stsz`, 4, 1, 10_000_000)],
  ['index_damaged', 'more entries than the box has', put(`${STBL}/stsz`, 8, FRAMES + 1)],
  ['index_damaged', 'more samples than in other tables', put(`${STBL}/stsz`, 4, 1, FRAMES + 1)],
  ['index_damaged', 'fewer samples than in other tables', put(`${STBL}/stsz`, 4, 1, FRAMES - 1)],
  ['index_damaged', 'a sample of 0 bytes', put(`${STBL}/stsz`, 12, 0)],
  ['index_damaged', 'a sample larger than the file', put(`${STBL}/stsz`, 12, 0xffffffff)],
  ['index_damaged', 'samples that overlap the next chunk', put(`${STBL}/stsz`, 12, 2_000_000)],
  ['index_damaged', 'chunks behind the file', put(`${STBL}/stco`, 8, 0xfffffff0)],
  ['index_damaged', 'chunks of other places', put(`${STBL}/stco`, 4, 100)],
  ['index_damaged', 'more chunks than the box has', put(`${STBL}/stco`, 4, 0xffffffff)],
  ['index_damaged', 'a long run of stts', put(`${STBL}/stts`, 8, 0xffffffff)],
  ['index_damaged', 'a short run of stts', put(`${STBL}/stts`, 8, FRAMES - 1)],
  ['timing', 'frames without duration', put(`${STBL}/stts`, 8, FRAMES, 0)],
  ['timing', 'frames of days', put(`${STBL}/stts`, 8, FRAMES, 0xffffffff)],
  ['timing', '12 h in 240 frames', put(`${STBL}/stts`, 8, FRAMES, 12 * 12_288 + 1)],
  ['key_frames_far', 'frames of a second', put(`${STBL}/stts`, 8, FRAMES, 12_288)],
  ['video_size', '61 frames a second', put('trak/mdia/mdhd', 12, 32_000)],
  ['index_damaged', 'a long run of ctts', put(`${STBL}/ctts`, 8, 0xffffffff)],
  ['timing', 'composition offset of 11 s', put(`${STBL}/ctts`, 12, 11 * 12_288)],
  ['timing', 'composition offset of −11 s', put(`${STBL}/ctts`, 12, -11 * 12_288)],
  ['timing', 'two frames shown at once', put(`${STBL}/ctts`, 16, 1, 2 * 512)],
  ['key_frames_missing', 'no stss', without(`${STBL}/stss`)],
  ['key_frames_missing', 'the first frame is none', put(`${STBL}/stss`, 8, 2)],
  ['key_frames_missing', 'an empty stss', put(`${STBL}/stss`, 4, 0)],
  ['index_damaged', 'sync samples out of order', put(`${STBL}/stss`, 12, 1)],
  ['index_damaged', 'sync samples behind the last', put(`${STBL}/stss`, 16, FRAMES + 1)],
  ['open_gop', 'a key frame before frames shown earlier', put(`${STBL}/stss`, 12, 98)],
  ['index_damaged', 'the first chunk is not 1', put(`${STBL}/stsc`, 8, 2)],
  ['index_damaged', 'chunks of no samples', put(`${STBL}/stsc`, 12, 0)],
  ['index_damaged', 'chunks of many samples', put(`${STBL}/stsc`, 12, 0xffffffff)],
  ['parameter_sets', 'a second sample entry', put(`${STBL}/stsc`, 16, 2)],
  ['index_damaged', 'runs of chunks out of order', put(`${SOUND}/stsc`, 20, 1)],
  ['index_damaged', 'runs of chunks behind the last', put(`${SOUND}/stsc`, 20, 5000)],
  ['index_damaged', 'packets of another size', put(`${SOUND}/stsz`, 4, 0xffff)],
  ['timing', 'holes in the sound', put(`${SOUND}/stts`, 12, 16_000)],
  // Edit lists. Times of the movie are milliseconds.
  ['edit_list', 'cut at the start', put('trak/edts/elst', 12, 3 * 512)],
  ['standard', 'cut within the first frame', put('trak/edts/elst', 12, 512 + 200)],
  ['edit_list', 'cut at the end', put('trak/edts/elst', 8, 9900)],
  ['standard', 'cut by less than a frame', put('trak/edts/elst', 8, 9970)],
  ['edit_list', 'held for a second', put('trak/edts/elst', 8, 11_000)],
  ['standard', 'an edit without length', put('trak/edts/elst', 8, 0)],
  ['edit_list', 'half speed', put('trak/edts/elst', 16, ONE / 2)],
  ['edit_list', 'nothing but a wait', put('trak/edts/elst', 12, -1)],
  ['edit_list', 'before the start', put('trak/edts/elst', 12, -2)],
  ['index_damaged', 'more edits than the box has', put('trak/edts/elst', 4, 1000)],
  ['edit_list', 'priming of more than a second', put('trak:1/edts/elst', 12, 50_000)],
  ['edit_list', 'sound cut at the end', put('trak:1/edts/elst', 8, 9800)],
  ['standard', 'no edit list', without('trak/edts')],
  ['standard', 'a wait of 200 ms', edits('trak:1', [200, -1], [9980, 1024])],
  ['edit_list', 'a wait of 300 ms', edits('trak:1', [300, -1], [9980, 1024])],
  ['edit_list', 'two cuts', edits('trak', [5000, 512], [5000, 6 * 12_288])],
  ['tracks_unequal', 'sound that ends 1.5 s earlier', both(edits('trak'), put('trak/mdia/mdhd', 12, 10_600))],
  ['tracks_unequal', 'sound that ends 2 s later', both(edits('trak'), put('trak/mdia/mdhd', 12, 15_400))],
  ['timing', 'a picture that begins late', both(edits('trak'), put(`${STBL}/ctts`, 4, 1, FRAMES, 4000))],
  // Choice of tracks.
  ['standard', 'a poster', both(swap('soun', 'vide'), put(`${SOUND}/stsz`, 8, 1))],
  ['standard', 'sound without packets', put(`${SOUND}/stsz`, 8, 0)],
  // Configurations.
  ['video_hdr', 'PQ in colr', inEntry(colours('nclx', 9, 16, 9))],
  ['video_hdr', 'HLG in QuickTime’s colr', inEntry(colours('nclc', 9, 18, 9))],
  ['video_codec', 'YCgCo in colr', inEntry(colours('nclx', 1, 1, 8))],
  ['standard', 'a colour profile', inEntry(colours('prof', 9, 16, 9))],
  ['encrypted', 'sinf', inEntry(box('sinf'))],
  ['video_size', 'pixels of 100 : 1', inEntry(box('pasp', u32(100), u32(1)))],
  ['standard', 'pixels of unknown shape', inEntry(box('pasp', u32(0), u32(0)))],
  ['standard', 'HE-AAC v2', specificInfo(0xe9, 0x88, 0x08)],
  ['timing', 'packets of another rate', specificInfo(0x12, 0x10)],
  ['audio_codec', 'a rate that has no number', specificInfo(0x17, 0x80, 0x5d, 0xc0, 0x08)],
  ['audio_codec', 'frames of 960 samples', specificInfo(0x11, 0x94, 0)],
  ['audio_codec', 'AAC Main', specificInfo(0x09, 0x90, 0)],
  ['audio_codec', 'channels within the packets', specificInfo(0x11, 0x80, 0)],
  // Shape of the picture: the matrix is at 40 of tkhd and 36 of mvhd.
  ['standard', 'turned by 90 degrees', put('trak/tkhd', 40, 0, ONE, 0, -ONE, 0)],
  ['video_rotation', 'turned by 45 degrees', put('trak/tkhd', 40, 46_341, 46_341, 0, -46_341, 46_341)],
  ['video_rotation', 'mirrored', put('trak/tkhd', 40, -ONE)],
  ['video_rotation', 'a matrix of zeros', put('trak/tkhd', 40, 0, 0, 0, 0, 0)],
  ['video_rotation', 'the movie turned', put('mvhd', 36, 0, ONE, 0, -ONE, 0)],
  ['index_damaged', 'another size than the parameter set', put(`${STBL}/stsd`, 40, (640 << 16) | 360)],
  ['standard', 'a disabled picture alone', put('trak/tkhd', 0, 0)],
];

describe('an index that lies', () => {
  test.each(CASES)('%s: %s', (code, _name, change) => {
    expect(verdictOf(change(MOOV))).toBe(code);
  });

  test('samples of a shorter file', () => {
    expect(verdictOf(MOOV, SIZE)).toBe('standard');
    expect(verdictOf(MOOV, SIZE - 1)).toBe('index_damaged');
  });

  test('samples that overlap in a file with room', () => {
    expect(verdictOf(put(`${STBL}/stsz`, 12, 2_000_000)(MOOV), 2 * SIZE)).toBe('index_damaged');
  });

  test('chunks that go backwards, with samples that overlap', () => {
    const offsets = Array.from({ length: FRAMES }, (_, index) => 5000 - index);
    const change = both(put(`${STBL}/stsz`, 4, 4_000_000), put(`${STBL}/stco`, 8, ...offsets));
    expect(verdictOf(change(MOOV))).toBe('index_damaged');
    expect(verdictOf(change(MOOV), 2 ** 31)).toBe('standard');
  });

  test('a run of chunks behind the last chunk', () => {
    const { contentStart } = boxAt(MOOV, `${SOUND}/stsc`);
    const runs = new DataView(MOOV.buffer, contentStart).getUint32(4);
    const chunks = new DataView(MOOV.buffer, boxAt(MOOV, `${SOUND}/stco`).contentStart).getUint32(4);
    expect(verdictOf(put(`${SOUND}/stsc`, 8 + 12 * (runs - 1), chunks + 1)(MOOV))).toBe('index_damaged');
  });

  test('boxes in another order are no lie', () => {
    const { start, contentStart, end } = boxAt(MOOV, STBL);
    const pieces = ['stco', 'stsz', 'stsc', 'ctts', 'stss', 'stts', 'stsd'].map((type) => {
      const box = boxAt(MOOV, `${STBL}/${type}`);
      return Array.from(MOOV.subarray(box.start, box.end));
    });
    const copy = Uint8Array.from(MOOV);
    copy.set(pieces.flat(), contentStart);
    expect(copy.subarray(start, end)).not.toEqual(MOOV.subarray(start, end));
    expect(verdictOf(copy)).toBe('standard');
  });

  test('too large', () => {
    expect(verdictOf(new Uint8Array(24 * 2 ** 20 + 1))).toBe('index_too_large');
  });

  test('each beginning of it', () => {
    for (let length = 0; length < MOOV.byteLength; length += 7) {
      expect(verdictOf(MOOV.subarray(0, length))).toBe('index_damaged');
    }
  });
});

describe('facts', () => {
  const read = (change: (moov: Uint8Array) => Uint8Array) => readStandardSource(change(MOOV), SIZE);

  test('the language of elng comes before that of mdhd', () => {
    expect(read((moov) => moov).audio?.language).toBe('und');
    const elng = fullBox('elng', 0, 0, [0x70, 0x74, 0x2d, 0x42, 0x52, 0]);
    expect(read((moov) => inserted(moov, 'trak:1/mdia', elng)).audio?.language).toBe('pt-BR');
  });

  test('a cut within the first frame shows that frame', () => {
    expect(read(put('trak/edts/elst', 12, 512 + 200)).video.startTicks).toBe(512);
    expect(read(put('trak/edts/elst', 12, 512 - 200)).video.startTicks).toBe(312);
  });

  test('a wait is before the start', () => {
    expect(read(edits('trak:1', [200, -1], [9980, 1024])).audio?.startTicks).toBe(1024 - 9600);
  });

  test('parametric stereo is coded as one channel', () => {
    expect(read((moov) => moov).audio).toMatchObject({ codec: 'mp4a.40.2', channels: 2, sampleRate: 48_000 });
    const { audio } = read(specificInfo(0xe9, 0x88, 0x08));
    expect(audio).toMatchObject({ codec: 'mp4a.40.29', channels: 2, sampleRate: 96_000 });
    expect(Array.from(audio?.configuration.subarray(-8) ?? [])).toEqual([5, 3, 0xe9, 0x88, 0x08, 6, 1, 2]);
  });

  test('the shape of pixels and the colours go along', () => {
    const added = [...box('pasp', u32(4), u32(3)), ...colours('nclx', 1, 1, 1)];
    const { video } = read(inEntry(added));
    expect(video).toMatchObject({ codedWidth: 1920, width: 2560, height: 1080 });
    expect(video.entryBoxes.flatMap((bytes) => Array.from(bytes))).toEqual(added);
    // Square pixels are said too: parameter sets may say something else.
    const square = read(inEntry(box('pasp', u32(1), u32(1)))).video;
    expect(square.entryBoxes.map((bytes) => Array.from(bytes))).toEqual([box('pasp', u32(1), u32(1))]);
  });
});

describe('a film of three hours', () => {
  const long = { seconds: 3 * 3600, gopFrames: 120 };

  test('is walked to its end, by cursors that do not disturb each other', () => {
    const { video, audio, durationSeconds } = readStandardSource(movieIndex(long), movieSizeBytes(long));
    expect(durationSeconds).toBe(long.seconds);
    const [one, other] = [video.samples(), video.samples()];
    let keys = 0;
    while (one.next()) {
      keys += one.isSync ? 1 : 0;
    }
    expect(one.next()).toBe(false);
    expect([one.index, keys]).toEqual([video.sampleCount - 1, video.sampleCount / long.gopFrames]);
    // Behind 4 GB, so the offsets have 64 bits.
    expect(one.offset).toBeGreaterThan(2 ** 32);
    expect(other.next() && other.offset).toBe(48);
    expect(audio?.sampleCount).toBe(Math.ceil((long.seconds * 48_000) / 1024));
  });
});

/** Within the file, as many as were told, with times that go on. */
function expectSound(samples: SampleCursor, sampleCount: number, sizeBytes: number): void {
  let decodeTicks = -1;
  let bytes = 0;
  while (samples.next()) {
    if (samples.offset < 0 || samples.sizeBytes < 1 || samples.offset + samples.sizeBytes > sizeBytes) {
      throw new Error(`sample ${samples.index} is outside of the file`);
    }
    if (samples.decodeTicks <= decodeTicks) {
      throw new Error(`sample ${samples.index} goes back in time`);
    }
    decodeTicks = samples.decodeTicks;
    bytes += samples.sizeBytes;
  }
  expect(samples.index).toBe(sampleCount - 1);
  expect(bytes).toBeLessThanOrEqual(sizeBytes);
}

function expectTypedOnly(moov: Uint8Array, sizeBytes = SIZE): void {
  let source: ReturnType<typeof readStandardSource>;
  try {
    source = readStandardSource(moov, sizeBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(NotStandard);
    return;
  }
  for (const track of [source.video, ...(source.audio === null ? [] : [source.audio])]) {
    expectSound(track.samples(), track.sampleCount, sizeBytes);
  }
}

/** Small, so that random places are often in fields that matter. */
const SHORT = { seconds: 1, gopFrames: 6 };
const SHORT_MOOV = movieIndex(SHORT);
const anyMoov = fc.constantFrom(SHORT_MOOV, movieIndex({ ...SHORT, withSound: false, mediaStart: 2 ** 32 }));
const place = fc.integer({ min: 0, max: SHORT_MOOV.byteLength - 4 });
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 1000),
  fc.integer({ min: 0, max: 0xffffffff }),
);

describe('random damage gives typed errors or sound cursors', () => {
  test('bytes flipped', () => {
    const flips = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyMoov, flips, (moov, changes) => {
        const copy = Uint8Array.from(moov);
        for (const [at, byte] of changes) {
          copy[at] = byte;
        }
        expectTypedOnly(copy, 2 ** 33);
      }),
      { numRuns: 1500 },
    );
  });

  test('words replaced', () => {
    fc.assert(
      fc.property(anyMoov, fc.array(fc.tuple(place, word), { minLength: 1, maxLength: 3 }), (moov, changes) => {
        const copy = Uint8Array.from(moov);
        const view = new DataView(copy.buffer);
        for (const [at, value] of changes) {
          view.setUint32(Math.min(at, copy.byteLength - 4), value);
        }
        expectTypedOnly(copy, 2 ** 33);
      }),
      { numRuns: 1500 },
    );
  });

  test('pieces moved and left out', () => {
    // The header stays.
    const inside = fc.integer({ min: 8, max: SHORT_MOOV.byteLength });
    const cut = fc.tuple(inside, inside, inside);
    fc.assert(
      fc.property(anyMoov, cut, fc.boolean(), (moov, places, isMoved) => {
        const [a = 0, b = 0, c = 0] = places.toSorted((one, other) => one - other);
        const [start, first, second, end] = [moov.slice(0, a), moov.slice(a, b), moov.slice(b, c), moov.slice(c)];
        const parts = isMoved ? [start, second, first, end] : [start, second, end];
        const bytes = Uint8Array.from(parts.flatMap((part) => Array.from(part)));
        bytes.set([0, 0, bytes.byteLength >>> 8, bytes.byteLength & 255]);
        expectTypedOnly(bytes, 2 ** 33);
      }),
      { numRuns: 300 },
    );
  });

  test('bytes that are no index', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expectTypedOnly(bytes)));
  });
});
