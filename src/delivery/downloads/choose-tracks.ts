/** What the name of a download asks for, and the tracks of a presentation that answer it. Pure. */
import { shortSideOf } from '../../media/media-types.ts';
import { type AudioTrack, audioTracks, type Presentation, type Track, videoTracks } from '../../media/presentation.ts';

export type DownloadName =
  /** `height`: null for `source.mp4`. */
  { kind: 'film'; height: number | null } | { kind: 'sound'; sound: string };

/** `{height}.mp4`, `source.mp4`, `audio.m4a`, `{track}.m4a`; null for anything else. */
export function parseDownloadName(file: string): DownloadName | null {
  const [, stem = '', extension] = /^([a-z0-9][a-z0-9_-]{0,31})\.(mp4|m4a)$/.exec(file) ?? [];
  if (extension === undefined) {
    return null;
  }
  if (extension === 'm4a') {
    return { kind: 'sound', sound: stem };
  }
  if (stem === 'source') {
    return { kind: 'film', height: null };
  }
  return /^[1-9][0-9]{0,4}$/.test(stem) ? { kind: 'film', height: Number(stem) } : null;
}

/** The sound that is heard first, in the form that every program plays. */
function mainSound(presentation: Presentation): AudioTrack | undefined {
  const sounds = audioTracks(presentation).filter(({ formatOf }) => formatOf === undefined);
  return sounds.find(({ role }) => role === 'main') ?? sounds[0];
}

const namedSound = (presentation: Presentation, id: string): AudioTrack | undefined =>
  audioTracks(presentation).find((track) => track.id === id);

/** Of a version that was encoded; picture first. `sound`: the id of another sound than the main one. Null where there is none of it. */
export function chooseTracks(presentation: Presentation, name: DownloadName, sound: string | null): Track[] | null {
  if (name.kind === 'sound') {
    const track = name.sound === 'audio' ? mainSound(presentation) : namedSound(presentation, name.sound);
    return track === undefined ? null : [track];
  }
  // Of several codecs, the first is the one that everything plays.
  const video = videoTracks(presentation).find(({ id }) => shortSideOf(id) === name.height);
  const audio = sound === null ? mainSound(presentation) : namedSound(presentation, sound);
  if (video === undefined || (sound !== null && audio === undefined)) {
    return null;
  }
  return audio === undefined ? [video] : [video, audio];
}
