/** Rows of tracks that are added, and which labels they may have. */

import { insertTrack, type NewTrack } from '../../catalog/tracks.ts';
import { AppError } from '../../errors.ts';
import { MAX_TEXT_TRACKS } from '../../media/limits.ts';
import type { Bindings } from '../../platform/bindings.ts';
import type { Sql } from '../../platform/sql.ts';
import { newTrackId } from '../revisions/added-tracks.ts';
import type { AddTrackInput, TrackChangeInput, TrackView } from './schemas.ts';
import type { TrackSet } from './track-set.ts';

export type Wanted = Pick<AddTrackInput, 'kind' | 'language' | 'name' | 'role' | 'default'>;

/** Two calls at once may choose the same id; an asset has no more tracks to do so. */
const ID_TRIES = MAX_TEXT_TRACKS;

/** Throws `asset_not_found` where the asset has gone meanwhile. `more`: of the same transaction. */
export async function insertNew(
  env: Bindings,
  set: TrackSet,
  wanted: Wanted,
  rest: Partial<NewTrack>,
  more: (id: string) => Promise<Sql[]> = async () => [],
): Promise<string> {
  const { kind, language, name = null, role = null } = wanted;
  const taken = new Set(set.rows.keys());
  for (let tries = 1; tries <= ID_TRIES; tries++) {
    const id = newTrackId(kind, language, (known) => taken.has(known));
    const labels = { id, kind, language, name, role, is_default: Number(wanted.default ?? false), content: null };
    if (await insertTrack(env.CATALOG, set.asset.id, { ...labels, ...rest }, Date.now(), await more(id))) {
      return id;
    }
    taken.add(id);
  }
  throw new AppError('asset_not_found');
}

/** Throws AppError where a label does not fit the kind of track. */
export function requireFit(kind: TrackView['kind'], change: TrackChangeInput): void {
  const refuse = (detail: string) => {
    throw new AppError('track_refused', { detail });
  };
  if (kind === 'video') {
    refuse('The picture has no labels');
  }
  if (kind === 'audio' && (change.kind !== undefined || change.shiftMs !== undefined)) {
    refuse('Only text has a kind that can change and is shifted');
  }
  if (kind !== 'audio' && change.role !== undefined) {
    refuse('Only sound has a role');
  }
  if (change.default === true && typeof change.role === 'string') {
    refuse('The film begins with its own sound: a track with a role is no default');
  }
  if (change.default === true && (change.kind ?? kind) === 'forced') {
    refuse('Players show forced subtitles without being asked: they are no default');
  }
}
