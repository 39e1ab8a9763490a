/** Makes the packager's segments ours: three changes in place, which leave every size as it is. */
import { BoxReader, findBox } from '../boxes/boxes.ts';
import { brandOffsets, type Fragment, findFragment } from './media-segment.ts';

/** `msdh`: a DASH media segment (ISO/IEC 23009-1 6.3.4.2); not `msix`, since there is no sidx. `cmfs`: CMAF 7.3.3.1. */
export const SEGMENT_BRANDS = ['msdh', 'cmfs'] as const;
/** The packager's major brand, also among the compatible ones. It stands for a whole file with ftyp and moov. */
const FILE_BRAND = 'mp41';

function writeBrands(reader: BoxReader, { file }: Fragment): void {
  const styp = findBox(file, 'styp');
  if (styp === undefined) {
    return;
  }
  const { major, compatible } = brandOffsets(styp);
  for (const offset of [major, ...compatible].filter((at) => reader.fourCharacters(at) === FILE_BRAND)) {
    reader.bytes.set(new TextEncoder().encode(SEGMENT_BRANDS[0]), offset);
  }
}

/** 14496-12 8.8.5: numbers increase over a track. The packager counts from 1 in every chunk. */
function writeSequenceNumber(reader: BoxReader, { mfhd }: Fragment, sequenceNumber: number): void {
  const { fields } = reader.fullBox(mfhd);
  reader.requireBytes(fields, 4, mfhd.end);
  reader.view.setUint32(fields, sequenceNumber);
}

/** CMAF 9.2.1: version 1 in tracks without an edit list. The packager writes 0 where no frame is reordered. */
function raiseTrunVersions(reader: BoxReader, { trafs }: Fragment): void {
  for (const trun of trafs.flatMap((traf) => reader.children(traf)).filter(({ type }) => type === 'trun')) {
    const { version, flags } = reader.fullBox(trun);
    // A trun with offsets stays: unsigned offsets (version 0) do not start at zero, whatever the version byte says.
    if (version === 0 && (flags & 0x800) === 0) {
      reader.bytes[trun.contentStart] = 1;
    }
  }
}

/** A finished copy of a segment, or of a prefix that holds the whole moof, of the same length. Throws CmafError. */
export function finishSegment(bytes: Uint8Array, sequenceNumber: number): Uint8Array {
  const reader = new BoxReader(Uint8Array.from(bytes));
  const fragment = findFragment(reader);
  writeBrands(reader, fragment);
  writeSequenceNumber(reader, fragment, sequenceNumber);
  raiseTrunVersions(reader, fragment);
  return reader.bytes;
}
