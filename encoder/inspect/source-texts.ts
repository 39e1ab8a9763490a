/** ffprobe's entries of text tracks → the facts of the protocol. Pure. */
import { canonicalLanguage } from '../../src/media/language.ts';
import { MAX_TEXT_TRACKS } from '../../src/media/limits.ts';
import type { TextKind } from '../../src/media/presentation.ts';
import type { AudioFacts, TextFacts } from '../../src/protocol/source-facts.ts';
import type { RawStream } from './probe-schema.ts';
import { nameOf } from './source-sound.ts';

/** What ffmpeg 5.1 has a decoder or a file format for, of what the containers of sources hold. */
const TEXT_CODECS = new Set(['mov_text', 'subrip', 'srt', 'ass', 'ssa', 'webvtt', 'text', 'eia_608']);
const BITMAP_CODECS = new Set(['hdmv_pgs_subtitle', 'dvd_subtitle', 'dvb_subtitle', 'xsub']);

export const isText = ({ codec_type, codec_name = '' }: RawStream): boolean =>
  codec_type === 'subtitle' && TEXT_CODECS.has(codec_name);
export const isBitmap = ({ codec_name = '' }: RawStream): boolean => BITMAP_CODECS.has(codec_name);

/** A forced track is one whatever else it is: players show it without being asked. */
const KIND_OF_FLAG: readonly (readonly [flag: string, kind: TextKind])[] = [
  ['forced', 'forced'],
  ['hearing_impaired', 'captions'],
  ['captions', 'captions'],
  ['visual_impaired', 'descriptions'],
  ['descriptions', 'descriptions'],
];

const kindOf = ({ disposition, codec_name }: RawStream): TextKind =>
  KIND_OF_FLAG.find(([flag]) => disposition?.[flag] === 1)?.[1] ??
  (codec_name === 'eia_608' ? 'captions' : 'subtitles');

export const describeTexts = (streams: readonly RawStream[]): TextFacts[] =>
  streams.slice(0, MAX_TEXT_TRACKS).map((stream) => {
    const name = nameOf(stream, streams);
    return {
      streamIndex: stream.index,
      codec: stream.codec_name ?? '',
      kind: kindOf(stream),
      language: canonicalLanguage(stream.tags?.language),
      ...(name === undefined ? {} : { name }),
      isDefault: stream.disposition?.['default'] === 1,
    };
  });

/** The first channel of CEA-608 is in the language of the programme's sound. */
export const pictureCaptions = (streamIndex: number, audio: readonly AudioFacts[]): TextFacts => ({
  streamIndex,
  codec: 'eia_608',
  kind: 'captions',
  language: (audio.find(({ isDefault }) => isDefault) ?? audio[0])?.language ?? 'und',
  isDefault: false,
});
