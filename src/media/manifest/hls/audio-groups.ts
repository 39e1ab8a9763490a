/** Audio renditions as EXT-X-MEDIA groups (RFC 8216 4.3.4.1). */
import type { AudioTrack } from '../../presentation.ts';
import { languageName, languageTag } from '../language.ts';

type AudioRendition = {
  track: AudioTrack;
  /** Unique within the group, as the RFC demands. */
  name: string;
  language: string;
  isDefault: boolean;
  autoselect: boolean;
};

/** Renditions that a variant may name together: same codec and channels, so one CODECS string is true of all. */
export type AudioGroup = {
  id: string;
  renditions: readonly AudioRendition[];
  codec: string;
  average: number;
  peak: number;
};

/** `audio` for the usual single group; further ones, in order of appearance, are `audio-2`, … */
const groupId = (index: number): string => (index === 0 ? 'audio' : `audio-${index + 1}`);

function renditionsOf(tracks: readonly AudioTrack[]): AudioRendition[] {
  const defaultTrack = tracks.find((track) => track.role === 'main') ?? tracks[0];
  const seen = new Map<string, number>();
  return tracks.map((track) => {
    const language = languageTag(track.language);
    const sameBefore = seen.get(language) ?? 0;
    seen.set(language, sameBefore + 1);
    const isDefault = track === defaultTrack;
    return {
      track,
      language,
      name: sameBefore === 0 ? languageName(language) : `${languageName(language)} ${sameBefore + 1}`,
      isDefault,
      // At most one rendition per language is chosen without the viewer's word: AUTOSELECT=YES members of a group are
      // to differ in language. DEFAULT=YES implies it.
      autoselect: isDefault || (sameBefore === 0 && language !== languageTag(defaultTrack?.language ?? '')),
    };
  });
}

export function audioGroups(tracks: readonly AudioTrack[]): AudioGroup[] {
  const byKind = Map.groupBy(tracks, (track) => `${track.codec} ${track.channels}`);
  return [...byKind.values()].map((members, index) => ({
    id: groupId(index),
    renditions: renditionsOf(members),
    codec: members[0]?.codec ?? '',
    average: Math.max(...members.map((track) => track.bandwidth.average)),
    peak: Math.max(...members.map((track) => track.bandwidth.peak)),
  }));
}
