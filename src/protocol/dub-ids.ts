/** Ids of the tracks that a dub adds to a version. Pure. */

import type { AudioChannels } from '../media/codecs/codec.ts';
import { type AudioCodec, audioCodecRow } from '../media/codecs/codecs.ts';
import { randomId } from '../platform/random-id.ts';

/** With the longest prefix, `a-ec3-384-`, and the end, an id has 32 characters (trackIdSchema). */
const MAX_LANGUAGE_LENGTH = 15;
const END_LENGTH = 6;

type Format = { codec?: AudioCodec | undefined; channels: AudioChannels };

const prefixOf = ({ codec, channels }: Format): string => {
  const { trackPrefix, bitratesKbps } = audioCodecRow(codec);
  return `${trackPrefix}${bitratesKbps[channels] ?? ''}-`;
};

/**
 * `a128-fr-k3x9q2`: of the track, and of its stereo rendition. A dub that is deleted and added again is another track: objects
 * with the keys of the first are kept by caches for ever.
 */
export const newDubId = (language: string): string =>
  `${prefixOf({ channels: 2 })}${language.toLowerCase().slice(0, MAX_LANGUAGE_LENGTH)}-${randomId(END_LENGTH)}`;

/** `a384-fr-k3x9q2`: of another rendition of the dub. */
export const dubFormatId = (dubId: string, format: Format): string =>
  prefixOf(format) + dubId.replace(prefixOf({ channels: 2 }), '');
