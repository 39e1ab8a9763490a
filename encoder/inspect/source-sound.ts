/** ffprobe's entries of the sound → the facts of the protocol. Pure. */
import { canonicalLanguage } from '../../src/media/language.ts';
import type { AudioRole } from '../../src/media/presentation.ts';
import { cleanName } from '../../src/media/track-name.ts';
import type { AudioFacts } from '../../src/protocol/source-facts.ts';
import type { RawStream } from './probe-schema.ts';

/**
 * ffmpeg's flags. Not `clean_effects`: that is sound without speech (ISO/IEC 13818-1 2.6.19), which no manifest can name.
 * The receiver mixes `dependent` sound with the film's own, so it is a description without the film.
 */
const ROLE_OF_FLAG: readonly (readonly [flag: string, role: AudioRole])[] = [
  ['comment', 'commentary'],
  ['visual_impaired', 'description'],
  ['descriptions', 'description'],
  ['dependent', 'description'],
  ['hearing_impaired', 'clean_speech'],
];

export const roleOf = ({ disposition }: RawStream): AudioRole | undefined =>
  ROLE_OF_FLAG.find(([flag]) => disposition?.[flag] === 1)?.[1];

/** Names that programs give to every track: of the kind, of a standard, of themselves. */
const NOT_A_NAME =
  /handler|^(core media )?(audio|sound|soun|mono|stereo|surround|text|subtitles?|captions?)$|\b(iso|gpac|google|mainconcept|l-smash|bento4|lavf|apple)\b/i;

/**
 * The title; in MP4, which has none, what the handler is called, if that tells tracks apart: programs call all their
 * handlers the same.
 */
export function nameOf({ tags }: RawStream, streams: readonly RawStream[]): string | undefined {
  const handler = cleanName(tags?.handler_name);
  const sameHandler = streams.filter((other) => cleanName(other.tags?.handler_name) === handler);
  const isName = handler !== undefined && streams.length > 1 && sameHandler.length === 1 && !NOT_A_NAME.test(handler);
  return cleanName(tags?.title) ?? (isName ? handler : undefined);
}

/** Only of streams whose parameters are known. */
export function describeAudio(streams: readonly RawStream[]): AudioFacts[] {
  const known = streams.filter(({ channels = 0, sample_rate = 0 }) => channels > 0 && sample_rate > 0);
  return known.map((stream) => {
    const { index, codec_name = '', channels = 0, sample_rate = 0, start_time = 0, tags, disposition } = stream;
    const [name, role] = [nameOf(stream, known), roleOf(stream)];
    return {
      streamIndex: index,
      codec: codec_name,
      channels,
      sampleRate: sample_rate,
      language: canonicalLanguage(tags?.language),
      ...(name === undefined ? {} : { name }),
      ...(role === undefined ? {} : { role }),
      startSeconds: start_time,
      isDefault: disposition?.['default'] === 1,
    };
  });
}
