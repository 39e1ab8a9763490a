/**
 * The table of docs/reference/warnings.md. What to do about each warning is kept here, not in src, so that the Worker does
 * not bundle it. A code without an entry does not compile.
 */
import { WARNINGS, type WarningCode } from '../../src/protocol/warnings.ts';
import { markdownTable } from './markdown.ts';

const WARNING_MEANINGS: Readonly<Record<WarningCode, string>> = {
  picture_late: 'Watch the beginning. If the still picture is not intended, trim the sound of the source.',
  picture_held: 'Watch the place. If the picture is missing there, export the source again.',
  start_undecodable:
    'What comes before its first key frame cannot be decoded. If the beginning matters, cut the source at a key frame, or capture it earlier.',
  picture_damaged:
    'Watch the place. If the damage shows, get a better copy and [replace the file](../guide/versions.md).',
  end_damaged: 'Watch the end. If pictures are missing, the source was cut off or damaged: copy or export it again.',
  frames_missing: 'A few are normal in recordings. If motion jerks, export the source with all frames.',
  frames_dropped: 'Nothing: a version has at most 60 frames a second.',
  times_repaired: 'Watch the joint. If sound and picture differ after it, remux the parts one by one.',
  times_guessed: 'Watch the end of the film. If sound and picture differ, remux the source with its true frame rate.',
  size_changes: 'Nothing, if bars are fine. Otherwise split the source where the size changes.',
  deinterlaced: 'Nothing. A progressive master, where there is one, looks better.',
  alpha_composed: 'If another background is wanted, compose the source over it.',
  hdr_to_sdr: 'Nothing, or grade the source for SDR yourself.',
  gamut_reduced: 'Nothing, or grade the source for BT.709 yourself.',
  sound_gaps_filled: 'Listen at the place. If sound is missing, export the source again.',
  sound_overlaps_cut: 'Listen at the place. If it jumps, export the source again.',
  sound_drift_corrected:
    'Nothing: sound follows its time stamps. If the lips are late or early, the time stamps of the source are wrong.',
  sound_format_changes: 'Listen at the place. The parts are converted to 48 kHz stereo.',
  sound_damaged:
    'Listen at the place. If it can be heard, get a better copy and [replace the file](../guide/versions.md).',
  surround_to_stereo: 'Nothing: sound is stereo.',
  sound_attenuated:
    'Mixing surround sound down to stereo adds channels up. Where that would exceed full scale, the whole track is made quieter by one fixed gain',
  dub_length_differs:
    'The dub is cut at the end of the film, or silence follows it. Check that it belongs to this cut of the film',
  text_damaged: 'Cues that cannot be read are left out; the others play',
  text_cut: 'Cues before the start or after the end of the film are left out or cut',
  track_dropped:
    '`message` names the track and the reason. If the track is needed, convert it to a supported format, or put it first.',
};

export const warningBlocks = {
  warnings: () =>
    markdownTable(
      ['code', 'title', 'what to do'],
      (Object.keys(WARNINGS) as WarningCode[]).map((code) => [`\`${code}\``, WARNINGS[code], WARNING_MEANINGS[code]]),
    ),
};
