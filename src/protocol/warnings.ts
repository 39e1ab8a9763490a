/** What a version loses, changes or repairs of its source. Nothing of that may go untold. Pure. */
import { z } from 'zod';
import { cleanLine } from '../platform/text.ts';

/** The codes are stable. Titles are for the documentation; the message of a warning has the numbers. */
export const WARNINGS = {
  picture_late: 'Sound begins before the picture; the first picture is held',
  picture_held: 'A picture is held where the source has none',
  start_undecodable: 'The source begins in the middle of a group of pictures; the film begins with its first key frame',
  picture_damaged: 'Pictures of the source are damaged',
  end_damaged: 'The end of the source cannot be decoded; the last good picture is held',
  frames_missing: 'Frames are missing at a constant rate; the frame before is repeated',
  frames_dropped: 'The source has more frames a second than the version',
  times_repaired: 'The clock of the source restarts, jumps or wraps; the parts are joined',
  times_guessed: 'Frames of the source have no time stamps',
  size_changes: 'The size or shape of the picture changes; it is boxed into one shape',
  deinterlaced: 'The source is interlaced; each frame is made of its two fields',
  alpha_composed: 'The source has transparency; it is shown over black',
  hdr_to_sdr: 'The source is HDR; the version is SDR',
  gamut_reduced: 'The source has colours beyond BT.709',
  sound_gaps_filled: 'The sound has holes; they are silent',
  sound_overlaps_cut: 'Pieces of the sound overlap; the repeated part is cut',
  sound_drift_corrected: 'The sound runs faster or slower than its time stamps; it is resampled',
  sound_format_changes: 'The sample rate or the channels of the sound change',
  sound_damaged: 'Parts of the sound are damaged',
  surround_to_stereo: 'Surround sound is mixed down to stereo',
  sound_attenuated: 'The stereo mix of surround sound is made quieter, so that its peaks are not cut off',
  dub_length_differs: 'A dub is longer or shorter than the film',
  text_damaged: 'Parts of a text track cannot be read',
  text_cut: 'Cues of a text track lie outside the film',
  track_dropped: 'A track of the source is not part of the version',
} as const;
export type WarningCode = keyof typeof WARNINGS;
export const WARNING_CODES = Object.keys(WARNINGS) as [WarningCode, ...WarningCode[]];

/** Of one report. What is alike is told once, with its number. */
export const MAX_WARNINGS = 50;

export const warningSchema = z.strictObject({
  code: z.enum(WARNING_CODES),
  /** One sentence for the person who brought the film. It may quote names from the source. */
  message: z.string().min(1).max(500).overwrite(cleanLine),
  /** Seconds from the film's start, where the warning has a place. */
  at: z
    .number()
    .min(0)
    .overwrite((seconds) => Math.round(seconds * 1000) / 1000)
    .optional(),
});
export type Warning = z.infer<typeof warningSchema>;

export const warningsSchema = z.array(warningSchema).max(MAX_WARNINGS).default([]);

/** Of a text track: how many cues could not be read, and how many lie outside the film. */
export type LeftOut = { damaged: number; outside: number };

/** `of`: the track, where the warning does not stand beside it. */
export function textWarnings({ damaged, outside }: LeftOut, of = ''): Warning[] {
  const cues = (count: number) => `${of}${count === 1 ? '1 cue' : `${count} cues`}`;
  const damage: Warning = { code: 'text_damaged', message: `${cues(damaged)} cannot be read` };
  const cut: Warning = { code: 'text_cut', message: `${cues(outside)} outside the film` };
  return [...(damaged > 0 ? [damage] : []), ...(outside > 0 ? [cut] : [])];
}
