/** Which audio tracks a version gets, in which order, and their ids. Pure. */
import type { AudioChannels } from '../media/codecs/codec.ts';
import { type AudioCodec, audioCodecRow } from '../media/codecs/codecs.ts';
import { MAX_AUDIO_TRACKS } from '../media/limits.ts';
import type { AudioOptions } from './encode-options.ts';
import { AUDIO_SAMPLE_RATE, type AudioPlan } from './plan-schema.ts';
import type { AudioFacts } from './source-facts.ts';

/**
 * The default track first, then the film's own sound, then the file's order. Containers that flag every track leave the
 * choice to the second rule.
 */
export const soundInOrder = <T extends Pick<AudioFacts, 'isDefault' | 'role' | 'streamIndex'>>(
  tracks: readonly T[],
): T[] =>
  tracks.toSorted(
    (a, b) =>
      Number(b.isDefault) - Number(a.isDefault) ||
      Number(a.role !== undefined) - Number(b.role !== undefined) ||
      a.streamIndex - b.streamIndex,
  );

/** Of trackIdSchema (src/media/ids.ts). */
const MAX_ID_LENGTH = 32;
/** `-32`. */
const SUFFIX_LENGTH = 1 + String(MAX_AUDIO_TRACKS).length;

/** A codec of left-out name is AAC. */
type Format = { codec?: AudioCodec; channels: AudioChannels };

const STEREO: Format = { channels: 2 };
const SURROUND: Format = { channels: 6 };
/** E-AC-3 never without AC-3: HAS 2.6. */
const DOLBY: readonly Format[] = [
  { codec: 'eac3', channels: 6 },
  { codec: 'ac3', channels: 6 },
];
/** Three or four channels have no pair of surround channels beside a centre: stereo loses little of them. */
const LEAST_SURROUND_CHANNELS = 5;

/** Of one sound of the source. The stereo one comes first (HAS 2.3). */
const formatsFor = (channels: number, dolby: boolean): Format[] =>
  channels < LEAST_SURROUND_CHANNELS ? [STEREO] : [STEREO, SURROUND, ...(dolby ? DOLBY : [])];

/** The table has a rate for every format above. */
const bitrateOf = ({ codec, channels }: Format): number => audioCodecRow(codec).bitratesKbps[channels] ?? 128;

/** `a128-pt-br`, `a-ec3-384-pt-br`; further tracks of a language are `a128-pt-br-2`, … */
function newTrackId(format: Format, language: string, taken: Set<string>): string {
  const { trackPrefix } = audioCodecRow(format.codec);
  const base = `${trackPrefix}${bitrateOf(format)}-${language.toLowerCase()}`.slice(0, MAX_ID_LENGTH - SUFFIX_LENGTH);
  let id = base;
  for (let number = 2; taken.has(id); number += 1) {
    id = `${base}-${number}`;
  }
  taken.add(id);
  return id;
}

/** Access units that cover the film. The 1e-9 keeps a product that is whole but for float noise from gaining one. */
const unitsFor = (seconds: number, codec?: AudioCodec): number =>
  Math.max(1, Math.ceil((seconds * AUDIO_SAMPLE_RATE) / audioCodecRow(codec).frameSamples - 1e-9));

/** Of the whole film. */
type SoundLength = { seconds: number; segmentSeconds: number };

/** The formats of one sound. */
function planSound(
  { streamIndex, language, name, role, channels: sourceChannels }: AudioFacts,
  { seconds, segmentSeconds }: SoundLength,
  { dolby = false, loudness }: AudioOptions,
  taken: Set<string>,
): AudioPlan[] {
  const formats = formatsFor(sourceChannels, dolby);
  const ids = formats.map((format) => newTrackId(format, language, taken));
  return formats.map((format, index) => ({
    track: ids[index] ?? '',
    ...(format.codec === undefined ? {} : { codec: format.codec }),
    streamIndex,
    language,
    ...(name === undefined ? {} : { name }),
    ...(role === undefined ? {} : { role }),
    bitrateKbps: bitrateOf(format),
    channels: format.channels,
    sampleRate: AUDIO_SAMPLE_RATE,
    frameCount: unitsFor(seconds, format.codec),
    segmentSeconds,
    ...(index === 0 || ids[0] === undefined ? {} : { formatOf: ids[0] }),
    ...(loudness === undefined ? {} : { targetLufs: loudness }),
  }));
}

/** Each sound of the source, followed by its other formats. `used`: ids that the version has already. */
export function planAudio(
  streams: readonly AudioFacts[],
  seconds: number,
  segmentSeconds: number,
  options: AudioOptions = {},
  used: readonly string[] = [],
): AudioPlan[] {
  const taken = new Set(used);
  return soundInOrder(streams).flatMap((stream) => planSound(stream, { seconds, segmentSeconds }, options, taken));
}
