/** Boxes of an ISO base media file that ffprobe says nothing of, read without the rest of the file. */
import { type FileHandle, open } from 'node:fs/promises';

/** Fragments are many boxes beside the `moov`; tracks have a dozen each. What follows them is not looked at. */
const MAX_BOXES = 100_000;
/** RFC 5646 4.4.1 asks for at least 35 characters. */
const MAX_LANGUAGE_BYTES = 64;

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
  const type = head.toString('latin1', 4, 8);
  return size < headSize ? null : { type, start: position + headSize, end: Math.min(end, position + size) };
}

/** All boxes at the end of the path, in file order. */
async function findBoxes(
  file: FileHandle,
  [type, ...path]: readonly string[],
  within: Omit<Box, 'type'>,
): Promise<Box[]> {
  const found: Box[] = [];
  let position = within.start;
  for (let count = 0; count < MAX_BOXES && position + 8 <= within.end; count++) {
    const box = await readBox(file, position, within.end);
    if (box === null) {
      break;
    }
    if (box.type === type) {
      found.push(...(path.length === 0 ? [box] : await findBoxes(file, path, box)));
    }
    position = box.end;
  }
  return found;
}

/** Behind the version and the flags of a full box (4.2.2). */
async function readContent(file: FileHandle, box: Box | undefined, maxBytes: number): Promise<Buffer> {
  const bytes = Buffer.alloc(box === undefined ? 0 : Math.max(0, Math.min(maxBytes, box.end - box.start - 4)));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, (box?.start ?? 0) + 4);
  return bytes.subarray(0, bytesRead);
}

async function withFile<T>(path: string, use: (file: FileHandle, whole: Omit<Box, 'type'>) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await use(file, { start: 0, end: (await file.stat()).size });
  } finally {
    await file.close();
  }
}

/**
 * The largest number of sample entries of any track; 0 where the file is of another format. Films that were joined without
 * encoding have several.
 */
export const countSampleEntries = (path: string): Promise<number> =>
  withFile(path, async (file, whole) => {
    let most = 0;
    for (const box of await findBoxes(file, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'], whole)) {
      const count = await readContent(file, box, 4);
      most = Math.max(most, count.length === 4 ? count.readUInt32BE(0) : 0);
    }
    return most;
  });

/** Extended language tags (8.4.6) by the place of their track, which is ffmpeg's stream index. ffmpeg does not read them. */
export const movieLanguages = (path: string): Promise<Map<number, string>> =>
  withFile(path, async (file, whole) => {
    const languages = new Map<number, string>();
    for (const [index, track] of (await findBoxes(file, ['moov', 'trak'], whole)).entries()) {
      const [box] = await findBoxes(file, ['mdia', 'elng'], track);
      const [tag = ''] = (await readContent(file, box, MAX_LANGUAGE_BYTES)).toString('latin1').split('\0');
      if (tag !== '') {
        languages.set(index, tag);
      }
    }
    return languages;
  });
