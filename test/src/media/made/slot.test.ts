import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CmafError } from '../../../../src/media/boxes/boxes.ts';
import { concatBytes } from '../../../../src/media/boxes/write-boxes.ts';
import { readSegment } from '../../../../src/media/cmaf/media-segment.ts';
import { encodeSlot } from '../../../../src/media/made/encode-slot.ts';
import { makeSegment } from '../../../../src/media/made/made-segment.ts';
import type { SegmentSamples } from '../../../../src/media/made/segment-samples.ts';
import { readSlot, type Slot } from '../../../../src/media/made/slot.ts';
import { VarintReader, VarintWriter } from '../../../../src/media/made/varint.ts';

const MAX_SAMPLES = 40;

/** Samples of any sizes in pieces anywhere in a file, ascending. */
const samplesOf = (kind: SegmentSamples['kind']): fc.Arbitrary<SegmentSamples> =>
  fc
    .array(
      fc.record({
        size: fc.integer({ min: 1, max: 70_000 }),
        duration: fc.oneof(fc.constant(512), fc.integer({ min: 0, max: 0xffff_ffff })),
        offset: fc.oneof(fc.constant(0), fc.integer({ min: -0x7fff_ffff, max: 0x7fff_ffff })),
        isSync: fc.boolean(),
        gap: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 40 })),
      }),
      { minLength: 1, maxLength: MAX_SAMPLES },
    )
    .chain((samples) =>
      fc.record({ decodeTicks: fc.integer({ min: 0, max: 2 ** 50 }) }).map(({ decodeTicks }) => {
        const pieces: SegmentSamples['pieces'] = [];
        let end = 0;
        for (const [index, { size, gap }] of samples.entries()) {
          const piece = pieces.at(-1);
          if (piece === undefined || gap > 0 || index === 0) {
            pieces.push({ offset: end + gap, length: size, samples: 1 });
          } else {
            piece.samples += 1;
            piece.length += size;
          }
          end += gap + size;
        }
        const isVideo = kind === 'video';
        return {
          ...{ kind, decodeTicks, pieces },
          sizes: samples.map(({ size }) => size),
          durations: samples.map(({ duration }) => duration),
          compositionOffsets: isVideo ? samples.map(({ offset }) => offset) : [],
          laterSyncs: isVideo ? samples.flatMap(({ isSync }, index) => (isSync && index > 0 ? [index] : [])) : [],
        };
      }),
    );

const number = fc.integer({ min: 1, max: 999_999 });

test('a slot says what was put into it, whatever it is', () => {
  fc.assert(
    fc.property(number, samplesOf('video'), fc.option(samplesOf('audio')), (n, video, audio) => {
      const slot = encodeSlot(n, video, audio);
      const padded = concatBytes([slot, new Uint8Array(17)]);
      const read = readSlot(padded, n);
      expect(read.video).toEqual(makeSegment(n, video));
      expect(read.audio).toEqual(audio && makeSegment(n, audio));
    }),
  );
});

test('headers are those of CMAF segments with these samples', () => {
  fc.assert(
    fc.property(number, samplesOf('video'), samplesOf('audio'), (n, video, audio) => {
      for (const samples of [video, audio]) {
        const { header, sizeBytes, slices } = makeSegment(n, samples);
        const payloadBytes = samples.sizes.reduce((sum, size) => sum + size, 0);
        expect(slices.reduce((sum, { length }) => sum + length, 0)).toBe(payloadBytes);
        expect(readSegment(header)).toMatchObject({
          sequenceNumber: n,
          baseDecodeTime: samples.decodeTicks,
          durationTicks: samples.durations.reduce((sum, duration) => sum + duration, 0),
          sampleCount: samples.sizes.length,
          firstSampleIsSync: true,
          firstSampleBytesEnd: header.byteLength + (samples.sizes[0] ?? 0),
          firstCompositionOffset: samples.compositionOffsets[0] ?? 0,
          dataWithinMdat: true,
          sizeBytes,
        });
        expect(sizeBytes).toBe(header.byteLength + payloadBytes);
      }
    }),
  );
});

const plain = (
  kind: SegmentSamples['kind'],
  offset: number,
  changes: Partial<SegmentSamples> = {},
): SegmentSamples => ({
  ...{ kind, decodeTicks: 0, sizes: [100, 50], durations: [512, 512], laterSyncs: [] },
  compositionOffsets: kind === 'video' ? [0, 512] : [],
  pieces: [{ offset, length: 150, samples: 2 }],
  ...changes,
});

test('both tracks are one range where little lies between them', () => {
  const slot = (audioOffset: number): Slot =>
    readSlot(encodeSlot(1, plain('video', 1000), plain('audio', audioOffset)), 1);
  expect(slot(1150).range).toEqual({ offset: 1000, length: 300 });
  expect(slot(1300).range).toEqual({ offset: 1000, length: 450 });
  expect(slot(1301).range).toBeNull();
  expect(slot(700).range).toEqual({ offset: 700, length: 450 });
  expect(readSlot(encodeSlot(1, plain('video', 1000), null), 1)).toMatchObject({ audio: null, range: null });
});

test('empty samples make no empty ranges', () => {
  const samples = plain('video', 0, {
    sizes: [7, 0],
    pieces: [
      { offset: 5, length: 7, samples: 1 },
      { offset: 90, length: 0, samples: 1 },
    ],
  });
  expect(readSlot(encodeSlot(1, samples, null), 1).video.slices).toEqual([{ offset: 5, length: 7 }]);
});

test.each<[string, Uint8Array, number]>([
  ['another number', encodeSlot(2, plain('video', 0), null), 1],
  ['another format', Uint8Array.from([2, ...encodeSlot(1, plain('video', 0), null).subarray(1)]), 1],
  ['no bytes', new Uint8Array(), 1],
  ['zeros', new Uint8Array(100), 0],
  ['half a slot', encodeSlot(1, plain('video', 0), null).subarray(0, 12), 1],
  ['more samples than a segment has', encodeSlot(1, plain('audio', 0, { sizes: Array(20_001).fill(1) }), null), 1],
  ['no samples', encodeSlot(1, plain('video', 0, { sizes: [], durations: [] }), null), 1],
  ['no bytes of media', encodeSlot(1, plain('video', 0, { sizes: [0, 0] }), null), 1],
  ['a segment that is too large', encodeSlot(1, plain('video', 0, { sizes: [2 ** 28, 1] }), null), 1],
  ['a duration of more than 32 bits', encodeSlot(1, plain('video', 0, { durations: [2 ** 32, 0] }), null), 1],
  [
    'an offset of more than 32 bits',
    encodeSlot(1, plain('video', 0, { compositionOffsets: [0, -(2 ** 31)] }), null),
    1,
  ],
  ['a place beyond all files', encodeSlot(1, plain('video', Number.MAX_SAFE_INTEGER), null), 1],
])('%s is no slot', (_, bytes, wanted) => {
  expect(() => readSlot(bytes, wanted)).toThrow(CmafError);
});

/** Either a slot within all limits, or the typed error. */
function readHostile(bytes: Uint8Array): void {
  try {
    const { video, audio } = readSlot(bytes, 1);
    for (const { header, sizeBytes, slices } of audio === null ? [video] : [video, audio]) {
      expect(readSegment(header).sizeBytes).toBe(sizeBytes);
      expect(slices.every(({ offset, length }) => Number.isSafeInteger(offset + length) && length > 0)).toBe(true);
    }
  } catch (error) {
    if (!(error instanceof CmafError)) {
      throw error;
    }
  }
}

test('hostile bytes give slots within the limits, or typed errors', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readHostile(Uint8Array.from([1, 1, ...bytes]))));
  fc.assert(
    fc.property(
      samplesOf('video'),
      samplesOf('audio'),
      fc.array(fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }), { minLength: 1, maxLength: 4 }),
      (video, audio, changes) => {
        const slot = encodeSlot(1, video, audio);
        for (const { at, value } of changes) {
          slot[at % slot.byteLength] = value;
        }
        readHostile(slot);
      },
    ),
  );
});

test('all safe integers have a varint', () => {
  fc.assert(
    fc.property(
      fc.array(fc.maxSafeNat()),
      fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
      (plains, signed) => {
        const writer = new VarintWriter();
        for (const value of plains) {
          writer.write(value);
        }
        for (const value of signed) {
          writer.writeSigned(value);
        }
        const reader = new VarintReader(writer.part(0, writer.length));
        expect(plains.map(() => reader.read())).toEqual(plains);
        expect(signed.map(() => reader.readSigned())).toEqual(signed.map((value) => value + 0));
        expect(() => reader.read()).toThrow(CmafError);
      },
    ),
  );
  expect(() => new VarintReader(new Uint8Array(9).fill(0xff)).read()).toThrow(CmafError);
});
