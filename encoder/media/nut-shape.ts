/**
 * Removes the sample aspect ratio from the head of a NUT file. ffmpeg writes that of the first pictures there, and then applies
 * it to all pictures, also to later ones that declare another. Broadcasts change it midway.
 */
import { type FileHandle, open } from 'node:fs/promises';

/** NUT Open Container Format, "Startcodes" and "stream_header". */
const STREAM_STARTCODE = Buffer.from('4e5311405bf2f9db', 'hex');
const VIDEO_CLASS = 0;
/** The main header and the first stream's, which is the picture's, with a codec's parameters. */
const HEAD_BYTES = 256 * 1024;
const CHECKSUM_BYTES = 4;
/** A packet that is longer has a checksum of its head. */
const SHORT_PACKET_BYTES = 4096;

/** Numbers of seven bits a byte; the highest bit says that another follows. */
function numberReader(bytes: Buffer, start: number) {
  let at = start;
  const next = (): number => {
    let value = 0;
    let byte = 0;
    do {
      byte = bytes[at++] ?? 0;
      value = value * 128 + (byte & 0x7f);
    } while (byte >= 0x80);
    return value;
  };
  return {
    next,
    skip: (count: number): void => {
      at += count;
    },
    position: (): number => at,
  };
}

/** CRC-32 with the polynomial 0x04C11DB7, highest bit first, from 0. */
function checksum(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
  }
  return crc >>> 0;
}

/** Changes the bytes in place. Returns the part that differs, null where there is no such header. */
export function removeShape(head: Buffer): { from: number; to: number } | null {
  const packet = head.indexOf(STREAM_STARTCODE);
  if (packet < 0) {
    return null;
  }
  const reader = numberReader(head, packet + STREAM_STARTCODE.length);
  const length = reader.next();
  reader.skip(length > SHORT_PACKET_BYTES ? CHECKSUM_BYTES : 0);
  const body = reader.position();
  const end = body + length;
  const [, streamClass] = [reader.next(), reader.next()];
  if (streamClass !== VIDEO_CLASS || end > head.length) {
    return null;
  }
  reader.skip(reader.next()); // fourcc
  // time_base_id, msb_pts_shift, max_pts_distance, decode_delay, stream_flags
  for (let field = 0; field < 5; field++) {
    reader.next();
  }
  reader.skip(reader.next()); // codec_specific_data
  const [, , from] = [reader.next(), reader.next(), reader.position()]; // width, height
  const [, , to] = [reader.next(), reader.next(), reader.position()]; // sample_width, sample_height
  // Zero means "unknown"; leading zeros keep the length.
  head.fill(0x80, from, to);
  head[from + Math.max(0, to - from - 2)] = 0;
  head[to - 1] = 0;
  head.writeUInt32BE(checksum(head.subarray(body, end - CHECKSUM_BYTES)), end - CHECKSUM_BYTES);
  return { from, to: end };
}

async function readHead(file: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return head.subarray(0, bytesRead);
}

export async function removeShapeOf(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const head = await readHead(file);
    const changed = removeShape(head);
    if (changed !== null) {
      await file.write(head, changed.from, changed.to - changed.from, changed.from);
    }
  } finally {
    await file.close();
  }
}
