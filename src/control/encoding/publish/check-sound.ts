/**
 * The publish check of the sounds of a version and their formats. Pure. Rule names are those of
 * docs/architecture/conformance.md.
 */
import { codecRowOf } from '../../../media/codecs/codecs.ts';
import type { AudioTrack, Unnumbered } from '../../../media/presentation.ts';
import { brokenRules, type Violation } from './violations.ts';

const isStereoAac = ({ codec, channels }: AudioTrack): boolean => codecRowOf(codec)?.name === 'AAC' && channels === 2;

/** HAS 2.23: what is heard has a peak. */
const isRealLoudness = ({ loudness }: AudioTrack): boolean =>
  loudness === undefined || loudness.integratedLufs === null || loudness.truePeakDbtp !== null;

/** A player that changes the format stays with the same sound (RFC 8216 4.3.4.1.1). */
const isSameSound = (a: AudioTrack, b: AudioTrack | undefined): boolean =>
  b !== undefined && a.language === b.language && a.role === b.role && a.name === b.name;

/** HAS 2.3, 2.6, 2.23 and RFC 8216 4.3.4.1.1. */
export function checkSounds({ tracks }: Pick<Unnumbered, 'tracks'>): Violation[] {
  const sounds = tracks.filter((track) => track.kind === 'audio');
  return sounds.flatMap((track) => {
    const { id, codec, formatOf } = track;
    const stereo = sounds.find((other) => other.id === (formatOf ?? id) && other.formatOf === undefined);
    const hasAc3 = sounds.some((other) => other.codec === 'ac-3' && other.formatOf === formatOf);
    return brokenRules(id, [
      ['has-2.3', stereo !== undefined && isStereoAac(stereo), `there is no stereo AAC ${formatOf ?? id}`],
      ['has-2.6', codec !== 'ec-3' || hasAc3, 'E-AC-3 without AC-3'],
      ['has-2.23', isRealLoudness(track), 'has a loudness and no peak'],
      [
        'rfc8216-4.3.4.1.1',
        isSameSound(track, stereo),
        `language, role or name differ from those of ${formatOf ?? id}`,
      ],
    ]);
  });
}
