/** The sounds of a film, each in its formats. Pure. */
import type { AudioTrack } from '../presentation.ts';

/** Labels are those of `main`; `formats` begins with it. */
export type Sound = { main: AudioTrack; formats: readonly AudioTrack[] };

/** In the order of their first tracks. A format whose main track is not there is a sound of its own. */
export function soundsOf(tracks: readonly AudioTrack[]): Sound[] {
  const isMain = ({ formatOf }: AudioTrack): boolean => !tracks.some(({ id }) => id === formatOf);
  return tracks.filter(isMain).map((main) => ({
    main,
    formats: [main, ...tracks.filter(({ formatOf }) => formatOf === main.id)],
  }));
}
