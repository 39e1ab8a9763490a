/** The filters that turn HDR pictures into SDR, and the table that they look colours up in. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { bt2020Light, HLG_PEAK_NITS, hlgLight, pqLight, type Triple } from './hdr-colour.ts';
import { peakFor, sdrCodes } from './tone-curve.ts';

/** Steps of each axis of the table. docs/architecture/hdr.md has the error of this number and of others. */
const TABLE_SIZE = 49;

export const toneMapPath = (directory: string): string => join(directory, 'tone-map.cube');

type HdrFacts = Pick<VideoFacts, 'videoRange' | 'color' | 'peakNits'>;

/** R'G'B' codes of the source, each 0 to 1 → those of SDR. */
function mappingOf({ videoRange, color, peakNits }: HdrFacts): (codes: Triple) => Triple {
  if (videoRange === 'HLG') {
    return (codes) => sdrCodes(bt2020Light(color.primaries, hlgLight(codes)), HLG_PEAK_NITS);
  }
  const peak = peakFor(peakNits);
  return ([red, green, blue]) =>
    sdrCodes(bt2020Light(color.primaries, [pqLight(red), pqLight(green), pqLight(blue)]), peak);
}

/** A table in the format .cube, in which red changes fastest. Takes about a second, so it lets others run between planes. */
export async function toneMapTable(source: HdrFacts, size = TABLE_SIZE): Promise<string> {
  const map = mappingOf(source);
  const steps = Array.from({ length: size }, (_, step) => step / (size - 1));
  const rows = [`LUT_3D_SIZE ${size}`];
  for (const blue of steps) {
    for (const green of steps) {
      for (const red of steps) {
        const [r, g, b] = map([red, green, blue]);
        rows.push(`${r.toFixed(5)} ${g.toFixed(5)} ${b.toFixed(5)}`);
      }
    }
    await setImmediate();
  }
  return `${rows.join('\n')}\n`;
}

/** Writes the table of an HDR source to where its filters expect it. */
export async function writeToneMap(source: VideoFacts, directory: string): Promise<void> {
  if (source.videoRange !== 'SDR') {
    await writeFile(toneMapPath(directory), await toneMapTable(source));
  }
}

/**
 * ffprobe's names of matrices → those of zscale. HDR of all others counts as BT.2020 of non-constant luminance. zscale
 * fails on constant luminance (bt2020c) of PQ and HLG.
 */
const ZSCALE_MATRICES: Readonly<Record<string, string>> = {
  gbr: 'gbr',
  bt709: '709',
  smpte170m: '170m',
  bt470bg: '470bg',
  ycgco: 'ycgco',
  ictcp: 'ictcp',
};

/** A value in a filter graph, which ffmpeg reads twice: as a list of filters and as a list of options. */
const escaped = (value: string): string => value.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');

/**
 * HDR10 and HLG with even sides → BT.709 in limited range. zscale, because the scale filter is up to 4 of 1,023 steps off, and dithers here
 * only where asked. Frames may lack the container's tags, so everything is said.
 */
export function toneMapFilters(source: HdrFacts, tablePath: string): string[] {
  const matrix = ZSCALE_MATRICES[source.color.matrix] ?? '2020_ncl';
  const range = matrix === 'gbr' || source.color.range === 'pc' ? 'full' : 'limited';
  // ICtCp is made from light, for which zscale needs the curve.
  const curve = source.videoRange === 'HLG' ? 'arib-std-b67' : 'smpte2084';
  const light = `transferin=${curve}:transfer=${curve}:primariesin=2020:primaries=2020`;
  return [
    `zscale=matrixin=${matrix}:rangein=${range}:matrix=gbr:range=full:${light}`,
    'format=gbrp16le',
    `lut3d=file=${escaped(tablePath)}:interp=tetrahedral`,
    'zscale=matrixin=gbr:rangein=full:matrix=709:range=limited:dither=ordered',
    'format=yuv420p',
  ];
}
