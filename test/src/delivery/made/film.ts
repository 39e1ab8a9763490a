/** A film that plays from its source: interleaved bytes, an index of it, and the segments that have to come of it. */
import { env } from 'cloudflare:workers';
import { sourceIndexKey } from '../../../../src/media/keys.ts';
import { indexMetadata } from '../../../../src/media/source/source-index.ts';
import type { MadeSegment, Slice, Slot } from '../../../../src/media/source/standard-source.ts';

/** Any two places of it differ within some thousand bytes. */
export const noise = (length: number, seed: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    bytes[index] = (index * 7 + (index >> 8) * 13 + seed * 31) % 251;
  }
  return bytes;
};

/** Stands for the NAL unit header of an IDR picture. */
export const IDR = 0x65;

type FilmOptions = {
  /** Of each segment. */
  videoBytes?: number;
  audioBytes?: number;
  segments?: number;
  /** Pieces of each track in a segment. */
  pieces?: number;
  /** Bytes that no track has, before each piece. */
  gap?: number;
  /** Whether picture and sound are too far apart for one range. */
  apart?: boolean;
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

const total = (slices: readonly Slice[]): number => slices.reduce((sum, { length }) => sum + length, 0);

function segment(slices: Slice[], seed: number): MadeSegment {
  const header = noise(97 + seed, seed);
  return { header, slices, sizeBytes: header.byteLength + total(slices) };
}

/** The slots of a file laid out piece by piece; `at` is where the media data begins. */
function layOut(options: Required<FilmOptions>): { slots: Slot[]; sourceBytes: number } {
  const { videoBytes, audioBytes, segments, pieces, gap, apart, silent } = options;
  let at = 40;
  const slots: Slot[] = [];
  for (let number = 1; number <= segments; number += 1) {
    const [video, audio]: [Slice[], Slice[]] = [[], []];
    const start = at + gap;
    for (let piece = 0; piece < pieces; piece += 1) {
      at += gap;
      video.push({ offset: at, length: Math.floor(videoBytes / pieces) });
      at += Math.floor(videoBytes / pieces) + gap;
      audio.push({ offset: at, length: Math.floor(audioBytes / pieces) });
      at += Math.floor(audioBytes / pieces);
    }
    const hasSound = number <= segments - silent;
    slots.push({
      video: segment(video, number),
      audio: hasSound ? segment(audio, number + 5) : null,
      range: apart || !hasSound ? null : { offset: start, length: at - start },
    });
  }
  return { slots, sourceBytes: at + 11 };
}

/** As text, filled up with blanks: the tests need slots, not the real coding of them. */
const writeSlot = (slot: Slot, number: number): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ number, ...slot }, (_, value) => (value instanceof Uint8Array ? [...value] : value)),
  );

export function readTextSlot(bytes: Uint8Array, number: number): Slot {
  const { number: found, ...slot } = JSON.parse(new TextDecoder().decode(bytes), (name, value) =>
    name === 'header' ? Uint8Array.from(value) : value,
  ) as Slot & { number: number };
  if (found !== number) {
    throw new Error(`slot ${found} in the place of ${number}`);
  }
  return slot;
}

export async function putFilm(assetId: string, options: FilmOptions = {}): Promise<Film> {
  const whole = {
    ...{ videoBytes: 60_000, audioBytes: 8000, segments: 3, pieces: 4, gap: 9, apart: false, broken: [], silent: 0 },
    ...options,
  };
  const { slots, sourceBytes } = layOut(whole);
  const source = noise(sourceBytes, 3);
  for (const [index, { video }] of slots.entries()) {
    source[video.slices[0]?.offset ?? 0] = whole.broken.includes(index + 1) ? 0x41 : IDR;
  }
  const sourceKey = `sources/${assetId}/film with ü.mp4`;
  const { etag: sourceEtag = '' } = (await env.MEDIA.put(sourceKey, source)) ?? {};
  const texts = slots.map((slot, index) => writeSlot(slot, index + 1));
  const stride = Math.max(...texts.map(({ byteLength }) => byteLength));
  const index = new Uint8Array(stride * slots.length).fill(0x20);
  for (const [at, text] of texts.entries()) {
    index.set(text, at * stride);
  }
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
