/** What ffmpeg's stderr says of the source while a chunk is decoded. Pure. */
import type { Warning } from '../../src/protocol/warnings.ts';

/**
 * Decoders report data that they cannot use. Messages about missing references are not here: they also come where decoding
 * starts within an open GOP, whose first pictures are not shown.
 */
const DAMAGE =
  /Invalid data found when processing input|error while decoding|decode_slice_header error|corrupt decoded frame|concealing \d+|damaged at|Error submitting|Invalid NAL unit size/;
const SIZE_CHANGE = /changing video frame properties on the fly/i;

export const isDamage = (line: string): boolean => DAMAGE.test(line);

export type SourceSigns = { isDamaged: boolean; isResized: boolean };

/** `signs` is complete when ffmpeg has ended. */
export function readSourceSigns(): { signs: SourceSigns; readLine: (line: string) => void } {
  const signs: SourceSigns = { isDamaged: false, isResized: false };
  const readLine = (line: string): void => {
    signs.isDamaged ||= isDamage(line);
    signs.isResized ||= SIZE_CHANGE.test(line);
  };
  return { signs, readLine };
}

export const damageWarning = (at: number): Warning => ({
  code: 'picture_damaged',
  message: 'Pictures of the source are damaged; they are shown as far as they can be decoded',
  at,
});

export const endWarning = (at: number): Warning => ({
  code: 'end_damaged',
  message: 'The end of the source cannot be decoded; the last good picture is held',
  at,
});

/** `at`: the chunk's start, as ffmpeg does not say more. */
export const sizeWarning = (at: number): Warning => ({
  code: 'size_changes',
  message: 'The size of the picture changes; all is shown in the size of the first picture',
  at,
});
