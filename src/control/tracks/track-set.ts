/** The tracks of an asset as they are, or will be when the next revision is published. */

import { findAsset } from '../../catalog/assets.ts';
import type { AssetRow } from '../../catalog/rows.ts';
import { isTextKind, listTracks, type TrackRow } from '../../catalog/tracks.ts';
import { AppError } from '../../errors.ts';
import { isAddedTrack } from '../../media/ids.ts';
import { MAX_AUDIO_TRACKS, MAX_TEXT_TRACKS } from '../../media/limits.ts';
import { AUDIO_ROLES, type AudioTrack, type Presentation, type VideoTrack } from '../../media/presentation.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { readRevision } from '../encoding/publish/publish.ts';
import { errorOf, warningsOf } from '../resources/present.ts';
import { overlayTexts, overlayTracks, rowsById, type TextWish } from '../revisions/overlay.ts';
import type { TrackView } from './schemas.ts';

export type TrackSet = {
  asset: AssetRow;
  /** Null before a version plays. */
  presentation: Presentation | null;
  rows: ReadonlyMap<string, TrackRow>;
};

/** Throws `asset_not_found`. */
export async function readTrackSet({ CATALOG, MEDIA }: Bindings, assetId: string): Promise<TrackSet> {
  const asset = await findAsset(CATALOG, assetId);
  if (asset === null) {
    throw new AppError('asset_not_found');
  }
  const { current_version: version, current_revision: revision } = asset;
  const [rows, presentation] = await Promise.all([
    listTracks(CATALOG, assetId),
    version === null || revision === null ? null : readRevision(MEDIA, { assetId, version }, revision),
  ]);
  return { asset, rows: rowsById(rows), presentation };
}

export const wishesOf = ({ presentation, rows }: TrackSet): TextWish[] =>
  overlayTexts(presentation?.texts ?? [], presentation, rows);

const soundsOf = ({ presentation, rows }: TrackSet): AudioTrack[] =>
  overlayTracks(presentation?.tracks ?? [], rows).filter((track) => track.kind === 'audio');

/** Added rows that the version does not have yet, or cannot have. */
const pendingRows = ({ rows }: TrackSet, shown: ReadonlySet<string>): TrackRow[] =>
  [...rows.values()].filter(({ id, origin }) => origin === 'added' && !shown.has(id));

const stateOf = (row: TrackRow | undefined, isPublished: boolean) => ({
  status: row?.state === 'failed' ? ('failed' as const) : isPublished ? ('ready' as const) : ('waiting' as const),
  error: row === undefined ? null : errorOf(row),
  warnings: row === undefined ? [] : warningsOf(row),
});

const originOf = (id: string) => (isAddedTrack(id) ? ('added' as const) : ('source' as const));

const videoView = ({ id, width, height, frameRate, codec, bandwidth }: VideoTrack): TrackView => ({
  kind: 'video',
  id,
  width,
  height,
  frameRate: frameRate.num / frameRate.den,
  codec,
  bandwidth: bandwidth.peak,
});

function soundView(sound: AudioTrack, all: readonly AudioTrack[], row: TrackRow | undefined): TrackView {
  const formats = all.filter(({ id, formatOf }) => id === sound.id || formatOf === sound.id);
  return {
    kind: 'audio',
    id: sound.id,
    language: sound.language,
    name: sound.name ?? null,
    role: AUDIO_ROLES.find((role) => role === sound.role) ?? null,
    default: sound.role === 'main',
    origin: originOf(sound.id),
    ...stateOf(row, true),
    loudness: sound.loudness ?? null,
    formats: formats.map(({ id, codec, channels, bandwidth }) => ({ id, codec, channels, bandwidth: bandwidth.peak })),
  };
}

function textView(wish: TextWish, row: TrackRow | undefined, presentation: Presentation | null): TrackView {
  const isPublished = presentation?.texts?.some(({ id }) => id === wish.id) ?? false;
  return {
    kind: wish.kind,
    id: wish.id,
    language: wish.language,
    name: wish.name ?? null,
    default: wish.isDefault,
    origin: originOf(wish.id),
    ...stateOf(row, isPublished),
    shiftMs: wish.made.shiftMs,
  };
}

function pendingView(row: TrackRow): TrackView {
  const { id, language, name, is_default } = row;
  const labels = {
    id,
    language: language ?? 'und',
    name: name || null,
    default: is_default === 1,
    origin: 'added' as const,
  };
  return isTextKind(row.kind)
    ? { kind: row.kind, ...labels, ...stateOf(row, false), shiftMs: row.shift_ms }
    : { kind: 'audio', ...labels, ...stateOf(row, false), role: row.role || null, loudness: null, formats: [] };
}

/** Picture, sound, text; of each, what the source has and then what was added. */
export function trackViews(set: TrackSet): TrackView[] {
  const sounds = soundsOf(set);
  const wishes = wishesOf(set);
  const shown = new Set([...sounds, ...wishes].map(({ id }) => id));
  const pending = pendingRows(set, shown);
  const isText = ({ kind }: TrackRow) => isTextKind(kind);
  const videos = set.presentation?.tracks.filter((track) => track.kind === 'video') ?? [];
  return [
    ...videos.map(videoView),
    ...sounds
      .filter(({ formatOf }) => formatOf === undefined)
      .map((sound) => soundView(sound, sounds, set.rows.get(sound.id))),
    ...pending.filter((row) => !isText(row)).map(pendingView),
    ...wishes.map((wish) => textView(wish, set.rows.get(wish.id), set.presentation)),
    ...pending.filter(isText).map(pendingView),
  ];
}

/** Throws `track_not_found`. */
export function findView(set: TrackSet, id: string): TrackView {
  const view = trackViews(set).find((track) => track.id === id);
  if (view === undefined) {
    throw new AppError('track_not_found');
  }
  return view;
}

/** Throws `tracks_full`. */
export function requireRoom(set: TrackSet, kind: TrackView['kind']): void {
  const isAudio = kind === 'audio';
  const alike = trackViews(set).filter((track) => track.kind !== 'video' && (track.kind === 'audio') === isAudio);
  if (alike.length >= (isAudio ? MAX_AUDIO_TRACKS : MAX_TEXT_TRACKS)) {
    throw new AppError('tracks_full');
  }
}
