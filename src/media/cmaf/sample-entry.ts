/** The sample entry of a track, read by the codec that it holds. */
import { type Box, type Reader, readChildren } from '../boxes/boxes.ts';
import { CmafError } from '../boxes/cmaf-error.ts';
import type { AudioEntry, VideoEntry } from '../codecs/codec.ts';
import { codecRowOfEntry } from '../codecs/codecs.ts';

/** Reads the only sample entry of `stsd`. Throws CmafError: `unsupported` where no codec of the table is in it. */
export function readSampleEntry(reader: Reader, stsd: Box): VideoEntry | AudioEntry {
  // FullBox fields and entry_count come before the entries.
  const entries = readChildren(reader, stsd, 8);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new CmafError('unsupported', `${entries.length} sample entries, wanted one`);
  }
  const row = codecRowOfEntry(entry.type);
  if (row === undefined) {
    throw new CmafError('unsupported', `sample entry ${JSON.stringify(entry.type)}`);
  }
  return row.readEntry(reader, entry);
}
