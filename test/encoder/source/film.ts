/** Films of ffmpeg, and what is made of them: their segments as a player gets them. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes } from '../../../src/media/boxes/write-boxes.ts';
import { buildSourceIndex, type SourceIndex } from '../../../src/media/made/build-index.ts';
import type { MadeSegment } from '../../../src/media/made/made-segment.ts';
import { readSlot, type Slot } from '../../../src/media/made/slot.ts';
import type { Track } from '../../../src/media/presentation.ts';
import type { SourceVideo, StandardSource } from '../../../src/media/source/standard-source.ts';
import { run } from './probe.ts';
import { readFile } from './read-file.ts';

/** `input`, `output`: arguments of ffmpeg. `rate`: frames a second, where all last as long. */
export type Film = {
  name: string;
  file?: string;
  rate?: number;
  facts?: Partial<SourceVideo>;
} & ({ input: string[]; output: string[] } | { path: string });

export const picture = (rate: string, seconds: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc=s=64x48:r=${rate}:d=${seconds}`,
];
export const sound = (rate: number, seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=r=${rate}:d=${seconds}`];
export const x264 = (gop: number, bFrames = 2): string[] => [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1', '-sc_threshold', '0'],
  ...['-g', String(gop), '-bf', String(bFrames), '-x264-params', 'open-gop=0', '-c:a', 'aac'],
];

export type Made = { path: string; source: StandardSource; index: SourceIndex; slots: Slot[]; bytes: Uint8Array };

/** Encodes the film, unless it is there. */
export async function make(directory: string, film: Film): Promise<Made> {
  const path = join(directory, film.file ?? 'film.mp4');
  if ('path' in film) {
    copyFileSync(film.path, path);
  } else {
    run('ffmpeg', '-v', 'error', '-nostdin', '-y', ...film.input, ...film.output, path);
  }
  const { source: read } = await readFile(path);
  const source = { ...read, video: { ...read.video, ...film.facts } };
  const index = await buildSourceIndex(source);
  const slots = Array.from({ length: index.bytes.byteLength / index.stride }, (_, at) =>
    readSlot(index.bytes.subarray(at * index.stride, (at + 1) * index.stride), at + 1),
  );
  return { path, source, index, slots, bytes: new Uint8Array(readFileSync(path)) };
}

const segmentBytes = ({ bytes }: Made, { header, slices }: MadeSegment): Uint8Array =>
  concatBytes([header, ...slices.map(({ offset, length }) => bytes.subarray(offset, offset + length))]);

export const madeSegments = (made: Made, kind: 'video' | 'audio'): Uint8Array[] =>
  made.slots.flatMap(({ [kind]: segment }) => (segment === null ? [] : [segmentBytes(made, segment)]));

export const initOf = ({ index }: Made, track: Track): Uint8Array =>
  index.inits.find((init) => init.track === track.id)?.bytes ?? new Uint8Array();

/** Init segment and segments, as a player has them. */
export function writeMade(made: Made, track: Track): string {
  const path = `${made.path}.${track.id}.mp4`;
  writeFileSync(path, concatBytes([initOf(made, track), ...madeSegments(made, track.kind)]));
  return path;
}
