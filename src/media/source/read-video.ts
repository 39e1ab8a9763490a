/** The picture of a source: sample entry, shape, and all samples once (ISO/IEC 14496-12 12.1, 14496-15 5.4). Pure. */
import { type Box, type BoxReader, findBox, requireBox } from '../boxes/boxes.ts';
import { box, u32 } from '../boxes/write-boxes.ts';
import { MAX_DIMENSION } from '../limits.ts';
import { readPicture } from './avc-configuration.ts';
import { type WalkedPicture, walkPicture } from './check-samples.ts';
import type { Edit } from './edit-list.ts';
import { childrenOf, damaged } from './movie-boxes.ts';
import type { MovieTrack } from './movie-track.ts';
import { NotStandard } from './not-standard.ts';
import { TableCursor } from './sample-cursor.ts';
import { requirePlainColours, type Sampling } from './sequence-parameter-set.ts';
import type { SourceVideo } from './standard-source.ts';

const VISUAL_FIELDS_BYTES = 78;
/** 60 frames a second (HAS 1.19), and what the clocks of cameras add. */
const MAX_FRAMES_PER_SECOND = 60.5;
/** What is held longer than its last sample says is not seen. */
const MAX_HELD_SECONDS = 0.5;
/** A wider or higher pixel is a mistake. */
const MAX_PIXEL_RATIO = 16;
const ONE = 0x10000;

/** The first four numbers of a matrix by the clockwise turn. */
const TURNS = [
  { rotation: 0, matrix: [ONE, 0, 0, ONE] },
  { rotation: 90, matrix: [0, ONE, -ONE, 0] },
  { rotation: 180, matrix: [-ONE, 0, 0, -ONE] },
  { rotation: 270, matrix: [0, -ONE, ONE, 0] },
] as const;

/** `matrix`: a b u c d v x y w. Shifts (x, y) move a picture that is alone on its screen, so they do nothing. */
export function rotationOf(matrix: readonly number[]): SourceVideo['rotation'] {
  const [a, b, u, c, d, v] = matrix;
  const turn = TURNS.find(({ matrix: turned }) => [a, b, c, d].every((value, index) => value === turned[index]));
  if (turn === undefined || u !== 0 || v !== 0) {
    throw new NotStandard('video_rotation', matrix.join(' '));
  }
  return turn.rotation;
}

/** colr (12.1.5) of the kinds that name colours by code; `nclc` is QuickTime's. */
function checkColours(reader: BoxReader, colr: Box | undefined): Uint8Array[] {
  if (colr === undefined) {
    return [];
  }
  const kind = reader.fourCharacters(colr.contentStart);
  if (kind !== 'nclx' && kind !== 'nclc') {
    return [];
  }
  reader.requireBytes(colr.contentStart + 4, 6, colr.end);
  requirePlainColours(reader.view.getUint16(colr.contentStart + 6), reader.view.getUint16(colr.contentStart + 8));
  return kind === 'nclx' && colr.end - colr.start === 19 ? [reader.bytes.slice(colr.start, colr.end)] : [];
}

/** Of the pasp box, which players prefer, or else of the parameter set. */
function readSampling(reader: BoxReader, pasp: Box | undefined, fallback: Sampling | null): Sampling {
  const [horizontal, vertical] =
    pasp === undefined
      ? [fallback?.horizontal ?? 1, fallback?.vertical ?? 1]
      : [reader.uint32(pasp.contentStart, pasp.end), reader.uint32(pasp.contentStart + 4, pasp.end)];
  // 0 says that nobody knows.
  return horizontal > 0 && vertical > 0 ? { horizontal, vertical } : { horizontal: 1, vertical: 1 };
}

/** For square pixels too: the parameter set may say something else. */
const paspBox = ({ horizontal, vertical }: Sampling): Uint8Array => box('pasp', u32(horizontal), u32(vertical));

function shownSize(coded: { width: number; height: number }, { horizontal, vertical }: Sampling, rotation: number) {
  const ratio = horizontal / vertical;
  const width = Math.round(coded.width * ratio);
  const { height } = coded;
  if (ratio > MAX_PIXEL_RATIO || ratio < 1 / MAX_PIXEL_RATIO || width < 2 || Math.max(width, height) > MAX_DIMENSION) {
    throw new NotStandard('video_size', `${width} × ${height}`);
  }
  return rotation % 180 === 0 ? { width, height } : { width: height, height: width };
}

function readEntry(reader: BoxReader, { entry, entryCount }: MovieTrack, rotation: SourceVideo['rotation']) {
  const boxes = childrenOf(reader, entry, VISUAL_FIELDS_BYTES);
  if (findBox(boxes, 'sinf') !== undefined) {
    throw new NotStandard('encrypted');
  }
  if (entryCount > 1) {
    throw new NotStandard('parameter_sets', `${entryCount} sample entries`);
  }
  const avcC = requireBox(boxes, 'avcC');
  const configuration = reader.bytes.slice(avcC.contentStart, avcC.end);
  const { codec, sampling: ownSampling, ...coded } = readPicture(configuration);
  const [width, height] = [
    reader.view.getUint16(entry.contentStart + 24),
    reader.view.getUint16(entry.contentStart + 26),
  ];
  if (width !== coded.width || height !== coded.height) {
    throw damaged(`the entry has ${width} × ${height}, the parameter set ${coded.width} × ${coded.height}`);
  }
  const sampling = readSampling(reader, findBox(boxes, 'pasp'), ownSampling);
  return {
    codec,
    configuration,
    codedWidth: coded.width,
    codedHeight: coded.height,
    ...shownSize(coded, sampling, rotation),
    rotation,
    entryBoxes: [paspBox(sampling), ...checkColours(reader, findBox(boxes, 'colr'))],
  };
}

/** The edit list shows the whole picture, but for half a frame at the start and the last one. */
function requireUncut({ startTicks, endTicks }: Edit, walked: WalkedPicture, halfFrame: number, held: number): void {
  const isCut = startTicks > walked.firstTicks + halfFrame || (endTicks !== null && endTicks < walked.lastTicks);
  if (isCut || (endTicks !== null && endTicks > walked.endTicks + held)) {
    const { firstTicks, endTicks: end } = walked;
    throw new NotStandard('edit_list', `shows ${startTicks} to ${endTicks} of ${firstTicks} to ${end}`);
  }
}

/** Throws NotStandard and CmafError. */
export function readVideo(reader: BoxReader, track: MovieTrack): { video: SourceVideo; walked: WalkedPicture } {
  const { timescale } = track;
  const entry = readEntry(reader, track, rotationOf(track.matrix));
  const tables = track.tables();
  if (tables.sync === null && tables.sampleCount > 1) {
    throw new NotStandard('key_frames_missing', 'no stss');
  }
  const edit = track.edit();
  const samples = (): TableCursor => new TableCursor(tables);
  const walked = walkPicture(samples(), timescale);
  const { firstTicks, durationTicks } = walked;
  const { sampleCount } = tables;
  if (sampleCount * timescale > MAX_FRAMES_PER_SECOND * durationTicks) {
    throw new NotStandard('video_size', `${(sampleCount * timescale) / durationTicks} frames a second`);
  }
  requireUncut(edit, walked, durationTicks / sampleCount / 2, MAX_HELD_SECONDS * timescale);
  // A cut within the first frame shows that frame.
  const startTicks = Math.min(edit.startTicks, firstTicks);
  return { video: { ...entry, timescale, sampleCount, durationTicks, startTicks, samples }, walked };
}
