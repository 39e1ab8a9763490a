/** All bytes of a file, from its tracks' samples and from the segments that stand in it. */
import { concatBytes } from '../../../../src/media/boxes/write-boxes.ts';
import { slicesOf } from '../../../../src/media/mp4-file/file-slices.ts';
import { type PlacedSegment, segmentAt } from '../../../../src/media/mp4-file/media-layout.ts';
import { chunkOffsets, movieFile } from '../../../../src/media/mp4-file/movie-file.ts';
import { boxesStart, readSamplesHead, SAMPLES_HEAD_BYTES } from '../../../../src/media/mp4-file/samples-file.ts';
import type { Track } from '../../../../src/media/presentation.ts';

type StoredTrack = { track: Track; samples: Uint8Array };

export async function wholeFile(
  tracks: readonly StoredTrack[],
  read: (segment: PlacedSegment) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const file = movieFile(tracks.map(({ track, samples }) => ({ track, samples: readSamplesHead(samples) })));
  const parts: Uint8Array[] = [];
  for (const slice of slicesOf(file, 0, file.sizeBytes)) {
    if (slice.of === 'segment') {
      parts.push(await read(segmentAt(file.media, slice.place)));
      continue;
    }
    const { piece } = slice;
    if (piece.kind === 'bytes') {
      parts.push(piece.bytes);
      continue;
    }
    const samples = tracks[piece.index]?.samples ?? new Uint8Array();
    const boxes = boxesStart(readSamplesHead(samples));
    const offsets = samples.subarray(SAMPLES_HEAD_BYTES, boxes);
    parts.push(piece.kind === 'tables' ? samples.subarray(boxes) : chunkOffsets(file, piece.index, offsets));
  }
  return concatBytes(parts);
}
