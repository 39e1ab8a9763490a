/** Tracks of the source that the version leaves out: one warning for each reason. Pure. */
import { canonicalLanguage } from '../../src/media/language.ts';
import { cleanName } from '../../src/media/track-name.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import type { RawStream } from './probe-schema.ts';

const REASONS = {
  programme: 'The version has one programme of the source. Left out',
  picture: 'The version has one picture of the source. Left out',
  bitmap: 'Subtitles that are pictures cannot become text. Left out',
  unreadable: 'Subtitles of a kind that cannot be read are left out',
  untimed: 'Text tracks of a source that has to be repaired are left out',
  texts: 'The source has more text tracks than a version can have. Left out',
  data: 'Data tracks are left out',
  undecodable: 'Sound that cannot be decoded is left out',
  surplus: 'The source has more audio tracks than a version can have. Left out',
} as const;

/** `what`: how a person can find the track in the source. */
export type DroppedTrack = { reason: keyof typeof REASONS; what: string };

/** `track 2 (aac, por, "Diretor")`, numbered as ffmpeg does, from 0. */
export function trackLabel({ index, codec_name = 'unknown codec', profile, tags, ...rest }: RawStream): string {
  const size = (rest.width ?? 0) > 0 ? `${rest.width}×${rest.height}` : undefined;
  const title = cleanName(tags?.title);
  // xHE-AAC and AAC have one codec name.
  const codec = profile?.includes('AAC') ? profile : codec_name;
  const language = canonicalLanguage(tags?.language);
  const facts = [
    codec,
    size,
    language === 'und' ? undefined : language,
    title === undefined ? undefined : `“${title}”`,
  ];
  return `track ${index} (${facts.filter((fact) => fact !== undefined).join(', ')})`;
}

/** A warning has 500 characters. */
const MAX_LIST_LENGTH = 380;

function listOf(names: readonly string[]): string {
  let list = '';
  for (const [index, name] of names.entries()) {
    const next = index === 0 ? name : `${list}, ${name}`;
    if (next.length > MAX_LIST_LENGTH && index > 0) {
      return `${list} and ${names.length - index} more`;
    }
    list = next.slice(0, MAX_LIST_LENGTH);
  }
  return list;
}

export function droppedWarnings(dropped: readonly DroppedTrack[]): Warning[] {
  return [...Map.groupBy(dropped, ({ reason }) => reason)].map(([reason, tracks]) => ({
    code: 'track_dropped',
    message: `${REASONS[reason]}: ${listOf(tracks.map(({ what }) => what))}`,
  }));
}
