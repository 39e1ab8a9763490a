/** HDR pictures → SDR. Pure. */
import type { VideoFacts } from '../../src/protocol/source-facts.ts';

/** Nominal peak of linear light 1.0 that the tone map works from, cd/m². */
const SDR_PEAK_NITS = 100;

/** HDR10 and HLG → SDR: linear light, BT.709 primaries, a filmic curve, BT.709 transfer. */
export function toneMapFilters(source: VideoFacts): string[] {
  const transfer = source.videoRange === 'PQ' ? 'smpte2084' : 'arib-std-b67';
  return [
    // Frames may lack the container's tags, and zscale does not guess.
    `setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`,
    `zscale=transfer=linear:npl=${SDR_PEAK_NITS}`,
    'format=gbrpf32le',
    'zscale=primaries=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=transfer=bt709:matrix=bt709:range=tv',
    'format=yuv420p',
  ];
}
