/**
 * What the rows of the catalog change of a presentation: labels, deleted and added tracks, chapters. Pure. Applying them to
 * what they were applied to before changes nothing, so that each revision can be built on the last.
 */

import type { ChapterRow } from '../../catalog/chapters.ts';
import { isTextKind, type TrackRow } from '../../catalog/tracks.ts';
import { isAddedTrack } from '../../media/ids.ts';
import { versionPrefix } from '../../media/keys.ts';
import { MAX_TEXT_TRACKS } from '../../media/limits.ts';
import {
  AUDIO_ROLES,
  type AudioTrack,
  type ChapterLists,
  type Presentation,
  type TextTrack,
  type Track,
  type Unnumbered,
} from '../../media/presentation.ts';

type Rows = ReadonlyMap<string, TrackRow>;

export const rowsById = (rows: readonly TrackRow[]): Rows => new Map(rows.map((row) => [row.id, row]));

/** An empty name is none. */
const namedAs = (row: TrackRow | undefined, name: string | undefined): { name?: string } => {
  const shown = row?.name ?? name ?? '';
  return shown === '' ? {} : { name: shown };
};

/** Null for the film's own sound. */
const roleOf = (track: AudioTrack, row: TrackRow | undefined) => {
  const role = row?.role ?? track.role;
  return AUDIO_ROLES.find((known) => known === role) ?? null;
};

/** The id of the sound that `track` is a format of. */
const soundOf = (track: AudioTrack): string => track.formatOf ?? track.id;

/** A track that was added stays while its row does. */
const isKept = (id: string, rows: Rows): boolean =>
  isAddedTrack(id) ? rows.has(id) : rows.get(id)?.state !== 'deleted';

type Choice = { id: string; before: boolean; row: TrackRow | undefined };

/** What was asked for, else what it was before unless that was taken back. */
const chosen = (choices: readonly Choice[]): string | undefined =>
  (
    choices.find(({ row }) => row?.is_default === 1) ??
    choices.find(({ before, row }) => before && row?.is_default !== 0)
  )?.id;

/** The film begins with one of its own sounds: the first, where none is chosen. */
function mainSound(sounds: readonly AudioTrack[], rows: Rows): string | undefined {
  const own = sounds.filter((track) => roleOf(track, rows.get(track.id)) === null);
  const choices = own.map(({ id, role }) => ({ id, before: role === 'main', row: rows.get(id) }));
  return chosen(choices) ?? (choices.find(({ row }) => row?.is_default !== 0) ?? choices[0])?.id;
}

export function overlayTracks(tracks: readonly Track[], rows: Rows): Track[] {
  const kept = tracks.filter((track) => track.kind === 'video' || isKept(soundOf(track), rows));
  const sounds = kept.filter((track): track is AudioTrack => track.kind === 'audio' && track.formatOf === undefined);
  const main = mainSound(sounds, rows);
  return kept.map((track) => {
    if (track.kind === 'video') {
      return track;
    }
    const sound = sounds.find(({ id }) => id === soundOf(track)) ?? track;
    const row = rows.get(sound.id);
    const { name, ...unnamed } = track;
    return {
      ...unnamed,
      language: row?.language ?? sound.language,
      role: roleOf(sound, row) ?? (sound.id === main ? 'main' : 'alternate'),
      ...namedAs(row, sound.name),
    };
  });
}

/** A text track before its cues are made into segments. */
export type TextWish = Pick<TextTrack, 'id' | 'kind' | 'language' | 'name' | 'isDefault' | 'made'>;

/** Tracks of the source, then those that were added. `ref`: null before a version is published. */
export function overlayTexts(
  texts: readonly TextTrack[],
  ref: Pick<Presentation, 'assetId' | 'version'> | null,
  rows: Rows,
): TextWish[] {
  const isOfSource = ({ id, made }: TextTrack) =>
    !isAddedTrack(id) && (rows.has(id) || (ref !== null && made.key.startsWith(versionPrefix(ref))));
  const ofSource = texts.filter((text) => isOfSource(text) && isKept(text.id, rows));
  const added = [...rows.values()].filter(({ origin, state }) => origin === 'added' && state === 'ready');
  const wishes: (TextWish & { row: TrackRow | undefined })[] = [
    ...ofSource.map((text) => ({ ...text, row: rows.get(text.id) })),
    ...added.flatMap((row) => {
      const { id, kind, language, content, shift_ms: shiftMs } = row;
      return isTextKind(kind) && content !== null
        ? [{ id, kind, language: language ?? 'und', isDefault: false, made: { key: content, shiftMs }, row }]
        : [];
    }),
  ].slice(0, MAX_TEXT_TRACKS);
  const kindOf = ({ kind, row }: (typeof wishes)[number]) =>
    row !== undefined && isTextKind(row.kind) ? row.kind : kind;
  // Players show forced subtitles without being asked.
  const choices = wishes.filter((wish) => kindOf(wish) !== 'forced');
  const shown = chosen(choices.map(({ id, isDefault, row }) => ({ id, before: isDefault, row })));
  return wishes.map(({ row, ...text }) => ({
    id: text.id,
    kind: kindOf({ row, ...text }),
    language: row?.language ?? text.language,
    ...namedAs(row, text.name),
    isDefault: text.id === shown,
    made: { key: row?.content ?? text.made.key, shiftMs: row?.shift_ms ?? text.made.shiftMs },
  }));
}

/** `durationMs`: chapters that begin after the film's end go. */
export function overlayChapters(lists: ChapterLists, rows: readonly ChapterRow[], durationMs: number): ChapterLists {
  const own = new Set(rows.map(({ language }) => language));
  return [...lists.filter(({ language }) => !own.has(language)), ...rows]
    .map(({ language, chapters }) => ({ language, chapters: chapters.filter(({ startMs }) => startMs < durationMs) }))
    .filter(({ chapters }) => chapters.length > 0)
    .slice(0, MAX_TEXT_TRACKS);
}

/** Empty lists are left out. */
export function withParts(
  built: Unnumbered,
  parts: { tracks: Track[]; texts: TextTrack[]; chapters: ChapterLists },
): Unnumbered {
  const { texts: _texts, chapters: _chapters, ...rest } = built;
  return {
    ...rest,
    tracks: parts.tracks,
    ...(parts.texts.length === 0 ? {} : { texts: parts.texts }),
    ...(parts.chapters.length === 0 ? {} : { chapters: parts.chapters }),
  };
}
