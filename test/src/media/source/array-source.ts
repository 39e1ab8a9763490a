/** Sources whose samples are given one by one, for tests that need no reader of `moov`. */
import type {
  SampleCursor,
  SourceAudio,
  SourceVideo,
  StandardSource,
} from '../../../../src/media/source/standard-source.ts';
import { esds } from '../cmaf/build-boxes.ts';

export type Sample = {
  offset: number;
  sizeBytes: number;
  durationTicks: number;
  compositionOffsetTicks?: number;
  isSync?: boolean;
};

function cursorOf(samples: readonly Sample[]): SampleCursor {
  let index = -1;
  let decodeTicks = 0;
  const current = (): Sample => {
    const sample = samples[index];
    if (sample === undefined) {
      throw new TypeError('not at a sample');
    }
    return sample;
  };
  return {
    next() {
      decodeTicks += samples[index]?.durationTicks ?? 0;
      index = Math.min(index + 1, samples.length);
      return index < samples.length;
    },
    get index() {
      return index;
    },
    get offset() {
      return current().offset;
    },
    get sizeBytes() {
      return current().sizeBytes;
    },
    get durationTicks() {
      return current().durationTicks;
    },
    get decodeTicks() {
      return decodeTicks;
    },
    get compositionOffsetTicks() {
      return current().compositionOffsetTicks ?? 0;
    },
    get isSync() {
      return current().isSync ?? true;
    },
  };
}

const countsOf = (samples: readonly Sample[]) => ({
  sampleCount: samples.length,
  durationTicks: samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0),
  samples: () => cursorOf(samples),
});

export const videoOf = (samples: readonly Sample[], facts: Partial<SourceVideo> = {}): SourceVideo => ({
  timescale: 25,
  startTicks: samples[0]?.compositionOffsetTicks ?? 0,
  codec: 'avc1.64001e',
  configuration: Uint8Array.from([1, 0x64, 0, 0x1e, 0xff, 0xe0, 0]),
  codedWidth: 640,
  codedHeight: 360,
  width: 640,
  height: 360,
  rotation: 0,
  entryBoxes: [],
  ...countsOf(samples),
  ...facts,
});

export const audioOf = (samples: readonly Sample[], facts: Partial<SourceAudio> = {}): SourceAudio => ({
  timescale: 48_000,
  startTicks: 0,
  codec: 'mp4a.40.2',
  configuration: Uint8Array.from(esds(0x40, [0x11, 0x90])),
  channels: 2,
  sampleRate: 48_000,
  language: 'und',
  ...countsOf(samples),
  ...facts,
});

export const sourceOf = (video: SourceVideo, audio: SourceAudio | null = null): StandardSource => ({
  sizeBytes: 2 ** 32,
  video,
  audio,
  durationSeconds: video.durationTicks / video.timescale,
  keySamples: [],
});

/** Frames of equal length, one after another in the file. `isSync`: by index. */
export const frames = (count: number, isSync: (index: number) => boolean, facts: Partial<Sample> = {}): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    offset: 1000 + 100 * index,
    sizeBytes: 100,
    durationTicks: 1,
    isSync: isSync(index),
    ...facts,
  }));

export const packets = (count: number, facts: Partial<Sample> = {}): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    offset: 10_000_000 + 200 * index,
    sizeBytes: 200,
    durationTicks: 1024,
    ...facts,
  }));
