/** What a version changes of the picture that the source has. Pure. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import type { PictureChanges } from './picture-changes.ts';

/** ffmpeg's names of primaries with colours that BT.709 does not have. */
const WIDE_GAMUTS: Readonly<Record<string, string>> = {
  bt2020: 'BT.2020',
  smpte431: 'DCI-P3',
  smpte432: 'Display P3',
};

export function pictureWarnings(video: VideoFacts, { shapes, interlacedTicks }: PictureChanges): Warning[] {
  const { color, videoRange, interlaced, leadSeconds = 0, startTicks, timeBase } = video;
  const secondsAt = (ticks: number): number =>
    leadSeconds + Math.max(0, (ticks - startTicks) * fractionToNumber(timeBase));
  const warnings: Warning[] = [];
  const [, second] = shapes;
  if (video.sizeChanges && second !== undefined) {
    const list = shapes
      .slice(0, 10)
      .map(({ width, height, sampleAspectRatio: { num, den } }) =>
        num === den ? `${width}×${height}` : `${width}×${height} with samples of ${num}:${den}`,
      );
    warnings.push({
      code: 'size_changes',
      message: `The size of the picture changes (${list.join(', then ')}); it is boxed into one shape`,
      at: secondsAt(second.ticks),
    });
  }
  if (interlaced) {
    warnings.push({
      code: 'deinterlaced',
      message: 'The source is interlaced; each frame is made of its two fields',
      ...(interlacedTicks === undefined ? {} : { at: secondsAt(interlacedTicks) }),
    });
  }
  if (video.alpha) {
    const message = 'The source has an alpha channel; where it is transparent, the version is black';
    warnings.push({ code: 'alpha_composed', message });
  }
  const gamut = WIDE_GAMUTS[color.primaries];
  if (videoRange !== 'SDR') {
    warnings.push({ code: 'hdr_to_sdr', message: `The source is HDR (${videoRange}); the version is SDR` });
  } else if (gamut !== undefined) {
    const message = `The source has colours of ${gamut}; those beyond BT.709 are reduced to it`;
    warnings.push({ code: 'gamut_reduced', message });
  }
  return warnings;
}
