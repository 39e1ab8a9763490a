/** A film that plays from its source: interleaved bytes, an index of it, and the segments that have to come of it. */
import { env } from 'cloudflare:workers';
import { sourceIndexKey } from '../../../../src/media/keys.ts';
import { encodeSlot } from '../../../../src/media/made/encode-slot.ts';
import type { SegmentSamples } from '../../../../src/media/made/segment-samples.ts';
import { readSlot, type Slot } from '../../../../src/media/made/slot.ts';
import { indexMetadata } from '../../../../src/media/made/source-index.ts';
import type { Slice } from '../../../../src/media/source/standard-source.ts';

/** Any two places of it differ within some thousand bytes. */
const noise = (length: number, seed: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    bytes[index] = (index * 7 + (index >> 8) * 13 + seed * 31) % 251;
  }
  return bytes;
};

/** NAL units that a picture begins with: of an IDR picture, and of another. */
const IDR = [0, 0, 1, 0, 0x65];
const OTHER = [0, 0, 1, 0, 0x41];

type FilmOptions = {
  /** Of each segment. */
  videoBytes?: number;
  audioBytes?: number;
  segments?: number;
  /** Pieces of each track in a segment. */
  pieces?: number;
  /** Bytes that no track has, before each piece. */
  gap?: number;
  /** Segments of the picture that do not begin with a key frame. */
  broken?: readonly number[];
  /** The last segments have no sound. */
  silent?: number;
};

export type Film = {
  assetId: string;
  sourceKey: string;
  source: Uint8Array<ArrayBuffer>;
  stride: number;
  slots: Slot[];
  keyOf: (track: 'video' | 'audio', number: number) => string;
  /** Assembled by itself, byte by byte. */
  segmentOf: (track: 'video' | 'audio', number: number) => Uint8Array;
};

/** Each piece is one sample. */
const samplesOf = (kind: SegmentSamples['kind'], number: number, slices: readonly Slice[]): SegmentSamples => ({
  kind,
  decodeTicks: (number - 1) * slices.length * 1000,
  sizes: slices.map(({ length }) => length),
  durations: slices.map(() => 1000),
  compositionOffsets: kind === 'video' ? slices.map(() => 0) : [],
  laterSyncs: [],
  pieces: slices.map((slice) => ({ ...slice, samples: 1 })),
});

/** The slots of a file laid out piece by piece; `at` is where the media data begins. */
function layOut(options: Required<FilmOptions>): { slots: Uint8Array[]; sourceBytes: number } {
  const { videoBytes, audioBytes, segments, pieces, gap, silent } = options;
  let at = 40;
  const slots: Uint8Array[] = [];
  for (let number = 1; number <= segments; number += 1) {
    const [video, audio]: [Slice[], Slice[]] = [[], []];
    for (let piece = 0; piece < pieces; piece += 1) {
      at += gap;
      video.push({ offset: at, length: Math.floor(videoBytes / pieces) });
      at += Math.floor(videoBytes / pieces) + gap;
      audio.push({ offset: at, length: Math.floor(audioBytes / pieces) });
      at += Math.floor(audioBytes / pieces);
    }
    const hasSound = number <= segments - silent;
    const sound = hasSound ? samplesOf('audio', number, audio) : null;
    slots.push(encodeSlot(number, samplesOf('video', number, video), sound));
  }
  return { slots, sourceBytes: at + 11 };
}

export async function putFilm(assetId: string, options: FilmOptions = {}): Promise<Film> {
  const whole = {
    ...{ videoBytes: 60_000, audioBytes: 8000, segments: 3, pieces: 4, gap: 9, broken: [], silent: 0 },
    ...options,
  };
  const { slots: coded, sourceBytes } = layOut(whole);
  const stride = Math.max(...coded.map(({ byteLength }) => byteLength));
  const index = new Uint8Array(stride * coded.length);
  for (const [at, slot] of coded.entries()) {
    index.set(slot, at * stride);
  }
  const slots = coded.map((slot, at) => readSlot(slot, at + 1));
  const source = noise(sourceBytes, 3);
  for (const [at, { video }] of slots.entries()) {
    source.set(whole.broken.includes(at + 1) ? OTHER : IDR, video.slices[0]?.offset);
  }
  const sourceKey = `sources/${assetId}/film with ü.mp4`;
  const { etag: sourceEtag = '' } = (await env.MEDIA.put(sourceKey, source)) ?? {};
  const keySamples = { lengthBytes: 4, parameterSets: ['Z0I='] };
  const facts = { stride, sourceKey, sourceEtag, sourceBytes, keySamples };
  const customMetadata = indexMetadata(facts) ?? {};
  await env.MEDIA.put(sourceIndexKey({ assetId, version: 'ver1' }), index, { customMetadata });
  const ids = { video: 'sv0', audio: 'sa0' };
  return {
    assetId,
    sourceKey,
    source,
    stride,
    slots,
    keyOf: (track, number) => `assets/${assetId}/ver1/${ids[track]}/${stride}/${number}.m4s`,
    segmentOf: (track, number) => {
      const made = slots[number - 1]?.[track];
      const bytes = new Uint8Array(made?.sizeBytes ?? 0);
      bytes.set(made?.header ?? []);
      let at = made?.header.byteLength ?? 0;
      for (const { offset, length } of made?.slices ?? []) {
        bytes.set(source.subarray(offset, offset + length), at);
        at += length;
      }
      return bytes;
    },
  };
}
