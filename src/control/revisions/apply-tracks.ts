/** Applies the catalog's tracks and chapters to a presentation, and makes the text tracks that it does not have yet. */

import { parseChapterRows, selectChapters } from '../../catalog/chapters.ts';
import { noteTrackFailure, noteTrackWarnings, selectTracks, type TrackRow } from '../../catalog/tracks.ts';
import {
  type Presentation,
  presentationDurationSeconds,
  type TextTrack,
  type Unnumbered,
} from '../../media/presentation.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import { textWarnings, type Warning } from '../../protocol/warnings.ts';
import { overlayChapters, overlayTexts, overlayTracks, rowsById, withParts } from './overlay.ts';
import type { FailedText, TextPacks } from './text-packs.ts';

async function readOverlay({ CATALOG }: Pick<Bindings, 'CATALOG'>, assetId: string) {
  // A batch is a transaction: the two are consistent.
  const [tracks, chapters] = await CATALOG.batch([
    selectTracks(assetId).on(CATALOG),
    selectChapters(assetId).on(CATALOG),
  ]);
  return { rows: (tracks?.results ?? []) as TrackRow[], chapters: parseChapterRows(chapters?.results ?? []) };
}

/**
 * `built` as the catalog wants it, `base` being the newest revision. Reads the catalog each time, so that a publisher that
 * was overtaken takes in what has changed. `packs` lasts for one publication.
 */
export async function applyTracks(
  env: Bindings,
  packs: TextPacks,
  built: Unnumbered,
  base: Presentation | null,
): Promise<Unnumbered> {
  const overlay = await readOverlay(env, built.assetId);
  const rows = rowsById(overlay.rows);
  const durationMs = presentationDurationSeconds(built) * 1000;
  const known = [...(base?.texts ?? []), ...(built.texts ?? [])];
  const texts: TextTrack[] = [];
  for (const wish of overlayTexts(built.texts ?? [], built, rows)) {
    const made = await packs.make(wish, known, durationMs);
    if ('code' in made) {
      await recordFailure(env, rows.get(wish.id), made);
      continue;
    }
    texts.push(made.text);
    await recordWarnings(env, rows.get(wish.id), textWarnings(made.leftOut));
  }
  return withParts(built, {
    tracks: overlayTracks(built.tracks, rows),
    texts,
    chapters: overlayChapters(built.chapters ?? [], overlay.chapters, durationMs),
  });
}

/** The film plays without it. The row keeps the reason, since no call waits for an answer. */
async function recordFailure({ CATALOG }: Bindings, row: TrackRow | undefined, failed: FailedText): Promise<void> {
  const { id, code, message } = failed;
  log.warn({ event: 'text_failed', asset: row?.asset_id, track: id, code });
  if (row?.origin === 'added') {
    await noteTrackFailure(CATALOG, row, { code, message }, Date.now());
  }
}

async function recordWarnings({ CATALOG }: Bindings, row: TrackRow | undefined, warnings: Warning[]): Promise<void> {
  if (row !== undefined && warnings.length > 0) {
    await noteTrackWarnings(CATALOG, row, warnings);
  }
}
