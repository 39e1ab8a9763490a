/**
 * Playlists and MPDs as they were rendered, beside the presentations they are rendered from: both never change. What
 * carries a session is kept without it, in the pieces between which the session's path stands.
 */

import { restrictPresentation } from '../../access/allowed-tracks.ts';
import type { PlaylistTarget } from '../../media/delivery-path.ts';
import { type VersionRef, versionPrefix } from '../../media/keys.ts';
import { renderMpd } from '../../media/manifest/dash/mpd.ts';
import { renderIFramePlaylist, renderMediaPlaylist } from '../../media/manifest/hls/media-playlist.ts';
import { renderMultivariantPlaylist } from '../../media/manifest/hls/multivariant-playlist.ts';
import type { Presentation } from '../../media/presentation.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { RenderedText } from '../http/rendered-text.ts';
import type { TierName } from '../objects/objects.ts';
import type { Presentations } from './presentations.ts';

/** A two-hour playlist has 60 KB: a hundred of them, about all that 20 films have. */
const MAX_REMEMBERED_BYTES = 6 * 1024 * 1024;
/** Compressed forms are kept too, about a tenth each, and an entry is never free. */
const weightOf = (bytes: number): number => bytes * 1.25 + 256;

/** No path of ours has an asterisk. */
const ANY_BASE_PATH = '/s/*/';

export type RevisionRef = VersionRef & { revision: number };

/** `tier`: where this request had it from. */
export type Playlist = { text: RenderedText; tier: TierName };
export type ManifestKind = 'multivariant' | 'mpd';

const RENDERERS = { multivariant: renderMultivariantPlaylist, mpd: renderMpd } as const;

function renderPlaylist(presentation: Presentation, { kind, track: id }: PlaylistTarget): string | null {
  const track = presentation.tracks.find((candidate) => candidate.id === id);
  if (track === undefined) {
    return null;
  }
  if (kind === 'media-playlist') {
    return renderMediaPlaylist(presentation, track);
  }
  return track.kind === 'video' ? renderIFramePlaylist(presentation, track) : null;
}

export class Manifests {
  readonly #presentations: Presentations;
  readonly #playlists = new LruMap<string, RenderedText>(MAX_REMEMBERED_BYTES);
  readonly #manifests = new LruMap<string, string[]>(MAX_REMEMBERED_BYTES / 6);

  constructor(presentations: Presentations) {
    this.#presentations = presentations;
  }

  /**
   * The playlist of one track; `null` where there is none. The same for every session of a revision: URIs are relative,
   * and the target duration is that of all tracks (HAS 8.2), those included that a link does not allow.
   */
  async playlist(ref: RevisionRef, target: PlaylistTarget): Promise<Playlist | null> {
    const key = `${versionPrefix(ref)}${ref.revision}/${target.track}/${target.kind}`;
    const known = this.#playlists.get(key);
    if (known !== undefined) {
      return { text: known, tier: 'memory' };
    }
    const loaded = await this.#presentations.load(ref, ref.revision);
    const text = loaded === null ? null : renderPlaylist(loaded.presentation, target);
    if (loaded === null || text === null) {
      return null;
    }
    const rendered = new RenderedText(text);
    this.#playlists.set(key, rendered, weightOf(rendered.bytes.byteLength));
    return { text: rendered, tier: loaded.tier };
  }

  /** What starts a session: `basePath` is `/s/{session}/`, `tracks` those that its link allows, or all. */
  manifest(
    kind: ManifestKind,
    { presentation, tracks, basePath }: { presentation: Presentation; tracks: string[] | undefined; basePath: string },
  ): string {
    const key = `${versionPrefix(presentation)}${presentation.revision}/${kind}/${tracks?.join() ?? '*'}`;
    let pieces = this.#manifests.get(key);
    if (pieces === undefined) {
      const text = RENDERERS[kind](restrictPresentation(presentation, tracks), { basePath: ANY_BASE_PATH });
      pieces = text.split(ANY_BASE_PATH);
      this.#manifests.set(key, pieces, weightOf(text.length));
    }
    return pieces.join(basePath);
  }
}
