/** How much of the disk sources may take. The rest is for the segments that tasks make from them. */
import { statfs } from 'node:fs/promises';

export type Disk = { sizeBytes: number; freeBytes: number };

/**
 * The output of one slot: 64 s of the whole ladder up to 2160p60 at its cap, once from ffmpeg and once from the
 * packager, are 1.2 GB. The chunk before may still be uploading, and the sound of 12 hours takes 1.4 GB.
 */
export const SLOT_BYTES = 2 * 1024 ** 3;
/** A small disk keeps at most this share for segments, because small sources make small ones. */
const MAX_RESERVED_SHARE = 0.25;

export type SourceRoom = {
  /** Of one source, when no other is there. */
  largestBytes: number;
  /**
   * Room now for one more source. `bytes` is the size of the sources on disk and on their way; `unwrittenBytes` is the
   * part that the disk may not count yet. May be negative.
   */
  freeBytes: (held: { bytes: number; unwrittenBytes: number }) => Promise<number>;
};

type RoomOptions = {
  slots: number;
  /** A quota that the disk does not show. */
  workBytes?: number | undefined;
  maxSourceBytes?: number | undefined;
};

export async function readDisk(folder: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(folder);
  return { sizeBytes: bsize * blocks, freeBytes: bsize * bavail };
}

export async function measureSourceRoom(read: () => Promise<Disk>, options: RoomOptions): Promise<SourceRoom> {
  const { slots, workBytes = Infinity, maxSourceBytes = Infinity } = options;
  const afterReserve = (bytes: number, ofBytes: number): number =>
    Math.floor(bytes - Math.min(slots * SLOT_BYTES, ofBytes * MAX_RESERVED_SHARE));
  const sizeBytes = Math.min((await read()).sizeBytes, workBytes);
  return {
    largestBytes: Math.min(maxSourceBytes, afterReserve(sizeBytes, sizeBytes)),
    freeBytes: async ({ bytes, unwrittenBytes }) => {
      const { freeBytes } = await read();
      const room = Math.min(freeBytes - unwrittenBytes, sizeBytes - bytes);
      return afterReserve(room, room + bytes);
    },
  };
}
