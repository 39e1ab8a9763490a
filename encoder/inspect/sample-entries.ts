/** How many descriptions the tracks of an ISO base media file have. Films joined without encoding have several. */
import { type FileHandle, open } from 'node:fs/promises';

/** From the top to the list of sample entries (ISO/IEC 14496-12 6.2.3). */
const PATH = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'] as const;
/** Fragments are many boxes beside the `moov`; tracks have a dozen each. What follows them is not looked at. */
const MAX_BOXES = 100_000;

type Box = { type: string; start: number; end: number };

/** ISO/IEC 14496-12 4.2: size and type, the size of 1 in 64 bits behind it, 0 for "to the end". */
async function readBox(file: FileHandle, position: number, end: number): Promise<Box | null> {
  const head = Buffer.alloc(16);
  const { bytesRead } = await file.read(head, 0, 16, position);
  if (bytesRead < 8) {
    return null;
  }
  const size32 = head.readUInt32BE(0);
  const isLong = size32 === 1 && bytesRead === 16;
  const size = isLong ? Number(head.readBigUInt64BE(8)) : size32 === 0 ? end - position : size32;
  const headSize = isLong ? 16 : 8;
  return size < headSize
    ? null
    : { type: head.toString('latin1', 4, 8), start: position + headSize, end: Math.min(end, position + size) };
}

/** The largest number of sample entries of any track; 0 where the file is of another format. */
export async function countSampleEntries(path: string): Promise<number> {
  const file = await open(path, 'r');
  let boxes = 0;
  const search = async (start: number, end: number, depth: number): Promise<number> => {
    let [position, most] = [start, 0];
    while (position + 8 <= end && boxes < MAX_BOXES) {
      boxes += 1;
      const box = await readBox(file, position, end);
      if (box === null) {
        break;
      }
      if (box.type === PATH[depth]) {
        most = Math.max(most, await inside(box, depth + 1));
      }
      position = box.end;
    }
    return most;
  };
  const inside = async (box: Box, depth: number): Promise<number> => {
    if (depth < PATH.length) {
      return await search(box.start, box.end, depth);
    }
    const count = Buffer.alloc(4);
    // Behind the version and the flags (8.5.2.2).
    const { bytesRead } = await file.read(count, 0, 4, box.start + 4);
    return bytesRead === 4 ? count.readUInt32BE(0) : 0;
  };
  try {
    return await search(0, (await file.stat()).size, 0);
  } finally {
    await file.close();
  }
}
