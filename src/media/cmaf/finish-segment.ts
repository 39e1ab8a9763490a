/** What the packager's segments need to be segments of ours: three changes in place that leave every size as it is. */
import {
  createReader,
  findBox,
  fourCharacters,
  type Reader,
  readChildren,
  readFullBox,
  requireBytes,
} from '../boxes/boxes.ts';
import { brandOffsets, type Fragment, findFragment } from './media-segment.ts';

/** `msdh`: a DASH media segment (ISO/IEC 23009-1 6.3.4.2); not `msix`, since there is no sidx. `cmfs`: CMAF 7.3.3.1. */
export const SEGMENT_BRANDS = ['msdh', 'cmfs'] as const;
/** The packager's major brand, also among the compatible ones: a whole file with ftyp and moov, which no segment is. */
const FILE_BRAND = 'mp41';

function writeBrands(reader: Reader, { file }: Fragment): void {
  const styp = findBox(file, 'styp');
  if (styp === undefined) {
    return;
  }
  const { major, compatible } = brandOffsets(styp);
  const [segmentBrand] = SEGMENT_BRANDS;
  for (const offset of [major, ...compatible].filter((at) => fourCharacters(reader, at) === FILE_BRAND)) {
    reader.bytes.set(new TextEncoder().encode(segmentBrand), offset);
  }
}

/** 14496-12 8.8.5: numbers increase over a track. The packager counts from 1 in every chunk. */
function writeSequenceNumber(reader: Reader, { mfhd }: Fragment, sequenceNumber: number): void {
  const { fields } = readFullBox(reader, mfhd);
  requireBytes(reader, fields, 4, mfhd.end);
  reader.view.setUint32(fields, sequenceNumber);
}

/**
 * Version 1 for every trun without composition offsets, which changes nothing but its version byte. The packager writes
 * version 0 where no frame is reordered; CMAF 9.2.1 wants version 1 in tracks without an edit list.
 */
function raiseTrunVersions(reader: Reader, { trafs }: Fragment): void {
  for (const trun of trafs.flatMap((traf) => readChildren(reader, traf)).filter(({ type }) => type === 'trun')) {
    const { version, flags } = readFullBox(reader, trun);
    // Unsigned offsets (version 0) below 2^31 would read the same as signed ones, but then they are not from zero.
    if (version === 0 && (flags & 0x800) === 0) {
      reader.bytes[trun.contentStart] = 1;
    }
  }
}

/** A finished copy of a segment, or of a prefix that holds the whole moof, of the same length. Throws CmafError. */
export function finishSegment(bytes: Uint8Array, sequenceNumber: number): Uint8Array {
  const reader = createReader(Uint8Array.from(bytes));
  const fragment = findFragment(reader);
  writeBrands(reader, fragment);
  writeSequenceNumber(reader, fragment, sequenceNumber);
  raiseTrunVersions(reader, fragment);
  return reader.bytes;
}
