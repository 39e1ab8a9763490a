/** Which tracks of a movie are the film, as the encoder chooses them (encoder/inspect/choose-streams.ts). Pure. */
import type { MovieTrack } from './movie-track.ts';
import { NotStandard } from './not-standard.ts';

const isEncrypted = ({ entry }: MovieTrack): boolean => entry.type === 'encv' || entry.type === 'enca';
/** avc3 may have parameter sets in its samples too. Those of key samples are compared (key-samples.ts). */
const isAvc = ({ entry }: MovieTrack): boolean => entry.type === 'avc1' || entry.type === 'avc3';
const isAac = ({ entry }: MovieTrack): boolean => entry.type === 'mp4a';

/** Where no track is enabled, all of them are meant. */
function enabledOf(tracks: readonly MovieTrack[]): readonly MovieTrack[] {
  const enabled = tracks.filter(({ isEnabled }) => isEnabled);
  return enabled.length === 0 ? tracks : enabled;
}

/** Throws NotStandard. Posters have one sample. */
function choosePicture(pictures: readonly MovieTrack[]): MovieTrack {
  const moving = pictures.filter(({ sampleCount }) => sampleCount > 1);
  const candidates = enabledOf(moving.length === 0 ? pictures : moving);
  const [video, ...others] = candidates;
  if (video === undefined) {
    throw new NotStandard('video_missing');
  }
  if (candidates.some(isEncrypted)) {
    throw new NotStandard('encrypted');
  }
  const foreign = candidates.find((track) => !isAvc(track));
  // The encoder knows sizes and lengths of both, and chooses; this reader does not guess.
  if (foreign !== undefined || others.length > 0) {
    throw new NotStandard('video_codec', foreign?.entry.type ?? `${candidates.length} pictures at once`);
  }
  return video;
}

/** The first enabled AAC track, or else the first one. Throws NotStandard where all sound is in another codec. */
function chooseSound(sounds: readonly MovieTrack[]): MovieTrack | null {
  const audio = enabledOf(sounds.filter(isAac))[0];
  const [first] = sounds;
  if (audio === undefined && first !== undefined) {
    throw new NotStandard(isEncrypted(first) ? 'encrypted' : 'audio_codec', first.entry.type);
  }
  return audio ?? null;
}

/** Tracks without samples are left over from editing. Throws NotStandard. */
export function chooseTracks(all: readonly MovieTrack[]): { video: MovieTrack; audio: MovieTrack | null } {
  const tracks = all.filter(({ sampleCount }) => sampleCount > 0);
  return {
    video: choosePicture(tracks.filter(({ handler }) => handler === 'vide')),
    audio: chooseSound(tracks.filter(({ handler }) => handler === 'soun')),
  };
}
