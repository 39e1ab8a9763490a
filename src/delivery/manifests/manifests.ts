/**
 * Parsed presentations, and the playlists and MPDs rendered from them: none of them changes. A text that carries a
 * session is kept as the pieces between which the session's path stands.
 */

import type { ChaptersTarget, PlaylistTarget } from '../../media/delivery-path.ts';
import { presentationKey, type VersionRef, versionPrefix } from '../../media/keys.ts';
import { renderChaptersJson, renderChaptersVtt } from '../../media/manifest/chapters.ts';
import { renderMpd } from '../../media/manifest/dash/mpd.ts';
import { renderIFramePlaylist, renderMediaPlaylist } from '../../media/manifest/hls/media-playlist.ts';
import { renderMultivariantPlaylist } from '../../media/manifest/hls/multivariant-playlist.ts';
import { renderTextPlaylist } from '../../media/manifest/hls/text-playlist.ts';
import { type Presentation, parsePresentation, videoTracks } from '../../media/presentation.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { RenderedText } from '../http/rendered-text.ts';
import { type ObjectSource, readParsed, type TierName } from '../objects/objects.ts';

/** 12 hours × 32 tracks at 2 s; a two-hour film has 400 KB. */
const MAX_PRESENTATION_BYTES = 12 * 1024 * 1024;
/** Of JSON text: 20 two-hour films. Parsed it takes about four times as much: a quarter of the isolate's 128 MB. */
const MAX_PRESENTATIONS_BYTES = 8 * 1024 * 1024;
/** A two-hour playlist has 60 KB: a hundred of them, those of about 20 films. */
const MAX_PLAYLISTS_BYTES = 6 * 1024 * 1024;
const MAX_MANIFESTS_BYTES = 1024 * 1024;
/** Compressed forms are kept too, about a tenth each; no entry is free. */
const weightOf = (bytes: number): number => bytes * 1.25 + 256;

/** No path of ours has an asterisk. */
const ANY_BASE_PATH = '/s/*/';

export type RevisionRef = VersionRef & { revision: number };

/** `tier`: where this request had it from; memory where it was parsed or rendered already. */
type LoadedPresentation = { presentation: Presentation; tier: TierName };
export type Playlist = { text: RenderedText; tier: TierName };
export type ManifestKind = 'multivariant' | 'mpd';

const RENDERERS = { multivariant: renderMultivariantPlaylist, mpd: renderMpd } as const;

type RenderedTarget = PlaylistTarget | ChaptersTarget;

function renderPlaylist(presentation: Presentation, { kind, track: id }: PlaylistTarget): string | null {
  const track = presentation.tracks.find((candidate) => candidate.id === id);
  if (track === undefined) {
    const text = kind === 'media-playlist' ? presentation.texts?.find((candidate) => candidate.id === id) : undefined;
    return text === undefined ? null : renderTextPlaylist(presentation, text);
  }
  if (kind === 'media-playlist') {
    return renderMediaPlaylist(presentation, track);
  }
  return track.kind === 'video' ? renderIFramePlaylist(presentation, track) : null;
}

function renderChapters(presentation: Presentation, { language }: ChaptersTarget): string | null {
  return language === undefined ? renderChaptersJson(presentation) : renderChaptersVtt(presentation, language);
}

const renderTarget = (presentation: Presentation, target: RenderedTarget): string | null =>
  target.kind === 'chapters' ? renderChapters(presentation, target) : renderPlaylist(presentation, target);

export class Manifests {
  readonly #objects: ObjectSource;
  readonly #presentations = new LruMap<string, Presentation>(MAX_PRESENTATIONS_BYTES);
  readonly #playlists = new LruMap<string, RenderedText>(MAX_PLAYLISTS_BYTES);
  readonly #manifests = new LruMap<string, string[]>(MAX_MANIFESTS_BYTES);

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  /** `null` where the revision does not exist, or no longer. */
  async presentation(ref: RevisionRef): Promise<LoadedPresentation | null> {
    const key = presentationKey(ref, ref.revision);
    const known = this.#presentations.get(key);
    if (known !== undefined) {
      return { presentation: known, tier: 'memory' };
    }
    const read = await readParsed(this.#objects, key, MAX_PRESENTATION_BYTES, (json) => this.#parse(key, json));
    return read && { presentation: read.value, tier: read.tier };
  }

  /** Unless another request has, which waited for the same bytes. */
  #parse(key: string, json: string): Presentation {
    const known = this.#presentations.get(key);
    if (known !== undefined) {
      return known;
    }
    const presentation = parsePresentation(json);
    this.#presentations.set(key, presentation, json.length);
    return presentation;
  }

  /**
   * The playlist of one track, or chapters; `null` where there is none. The same for every session of a revision: URIs are relative,
   * and the target duration is that of all tracks (HAS 8.2), those included that a link does not allow.
   */
  async playlist(ref: RevisionRef, target: RenderedTarget): Promise<Playlist | null> {
    const of = target.kind === 'chapters' ? target.language : target.track;
    const key = `${versionPrefix(ref)}${ref.revision}/${target.kind}/${of}`;
    const known = this.#playlists.get(key);
    if (known !== undefined) {
      return { text: known, tier: 'memory' };
    }
    const loaded = await this.presentation(ref);
    const text = loaded && renderTarget(loaded.presentation, target);
    if (loaded === null || text === null) {
      return null;
    }
    const rendered = new RenderedText(text);
    this.#playlists.set(key, rendered, weightOf(rendered.bytes.byteLength));
    return { text: rendered, tier: loaded.tier };
  }

  /** What starts a session: `presentation` as its link allows it; `basePath` is `/s/{session}/`. */
  manifest(kind: ManifestKind, presentation: Presentation, basePath: string): string {
    // A link may limit the picture, and nothing else.
    const pictures = videoTracks(presentation).map(({ id }) => id);
    const key = `${versionPrefix(presentation)}${presentation.revision}/${kind}/${pictures.join()}`;
    let pieces = this.#manifests.get(key);
    if (pieces === undefined) {
      const text = RENDERERS[kind](presentation, { basePath: ANY_BASE_PATH });
      pieces = text.split(ANY_BASE_PATH);
      this.#manifests.set(key, pieces, weightOf(text.length));
    }
    return pieces.join(basePath);
  }
}
