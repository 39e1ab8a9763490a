/** Changes MP4 files in ways that ffmpeg's muxer cannot. The `moov` box must come last, as ffmpeg writes it. */
import { readFile, writeFile } from 'node:fs/promises';

type Box = { start: number; end: number; body: number };

const CONTAINERS = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts'];
const HEADER_BYTES = 8;

/** Every box of this type, at any depth. */
function findBoxes(bytes: Buffer, type: string, start = 0, end = bytes.length): Box[] {
  const found: Box[] = [];
  for (let at = start; at + HEADER_BYTES <= end; ) {
    const size = bytes.readUInt32BE(at) || end - at;
    const name = bytes.toString('latin1', at + 4, at + 8);
    const box = { start: at, end: at + size, body: at + HEADER_BYTES };
    found.push(...(name === type ? [box] : []));
    found.push(...(CONTAINERS.includes(name) ? findBoxes(bytes, type, box.body, box.end) : []));
    at += Math.max(HEADER_BYTES, size);
  }
  return found;
}

function first(boxes: readonly Box[], what: string): Box {
  const [box] = boxes;
  if (box === undefined) {
    throw new Error(`no ${what}`);
  }
  return box;
}

/** `change` works in place, or returns the new bytes. */
export async function patchFile(path: string, change: (bytes: Buffer) => unknown): Promise<string> {
  const bytes = await readFile(path);
  const changed = change(bytes);
  await writeFile(path, changed instanceof Buffer ? changed : bytes);
  return path;
}

/** The last edit of every track begins `fromSeconds` later and lasts `seconds` (ISO/IEC 14496-12 8.6.6, version 0). */
export function trimEdits(
  bytes: Buffer,
  fromSeconds: number,
  seconds: number,
  tracks: readonly number[] = [0, 1],
): void {
  const movieScale = bytes.readUInt32BE(first(findBoxes(bytes, 'mvhd'), 'mvhd').body + 12);
  for (const [index, track] of findBoxes(bytes, 'trak').entries()) {
    if (tracks.includes(index)) {
      const scale = bytes.readUInt32BE(first(findBoxes(bytes, 'mdhd', track.body, track.end), 'mdhd').body + 12);
      const edits = first(findBoxes(bytes, 'elst', track.body, track.end), 'elst').body;
      const last = edits + 8 + 12 * (bytes.readUInt32BE(edits + 4) - 1);
      bytes.writeUInt32BE(Math.round(seconds * movieScale), last);
      bytes.writeInt32BE(bytes.readInt32BE(last + 4) + Math.round(fromSeconds * scale), last + 4);
    }
  }
}

/** Makes the box of media data claim more than it has. */
export function lengthenMediaData(bytes: Buffer, byBytes: number): void {
  const box = first(findBoxes(bytes, 'mdat'), 'mdat');
  bytes.writeUInt32BE(box.end - box.start + byBytes, box.start);
}

/** Adds a box to the first sample entry of this type, and corrects the sizes of the boxes around it. */
export function addToSampleEntry(bytes: Buffer, entryType: string, box: Buffer): Buffer {
  const entry = bytes.indexOf(entryType, bytes.indexOf('stsd')) - 4;
  const end = entry + bytes.readUInt32BE(entry);
  const around = [...CONTAINERS, 'stsd']
    .flatMap((type) => findBoxes(bytes, type))
    .filter((outer) => outer.start < entry && entry < outer.end);
  for (const outer of around) {
    bytes.writeUInt32BE(outer.end - outer.start + box.length, outer.start);
  }
  bytes.writeUInt32BE(end - entry + box.length, entry);
  return Buffer.concat([bytes.subarray(0, end), box, bytes.subarray(end)]);
}

/** `dvcC` of Dolby Vision with a base layer and metadata (Dolby Vision Streams Within the ISO Base Media File Format, 3.2). */
export function dolbyVisionBox(profile: number, compatibility: number): Buffer {
  const box = Buffer.alloc(32);
  box.writeUInt32BE(32);
  box.write('dvcC', 4);
  box.writeUInt8(1, 8);
  box.writeUInt16BE((profile << 9) | (1 << 3) | 0b101, 10);
  box.writeUInt8(compatibility << 4, 12);
  return box;
}

/** Writes the start of the AudioSpecificConfig of the file's only AAC track: five bytes, as ffmpeg writes it. */
export function setAudioConfig(bytes: Buffer, config: Buffer): void {
  const descriptor = bytes.indexOf(Buffer.from('0580808005', 'hex'), bytes.indexOf('esds'));
  if (descriptor < 0) {
    throw new Error('no AudioSpecificConfig');
  }
  config.copy(bytes, descriptor + 5);
}
