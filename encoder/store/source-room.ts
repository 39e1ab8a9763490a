/** How much of the disk sources may take: what is there, less room for the segments that tasks make from them. */
import { statfs } from 'node:fs/promises';

export type Disk = { sizeBytes: number; freeBytes: number };

/**
 * For what a slot makes: 64 s of the whole ladder up to 2160p60 at its cap, once from ffmpeg and once from the packager, are
 * 1.2 GB. The chunk before may still be uploading, and the sound of 12 hours takes 1.4 GB.
 */
export const SLOT_BYTES = 2 * 1024 ** 3;
/** Of a small disk no more than this part is kept for segments: small sources make small ones. */
const MAX_RESERVED_SHARE = 0.25;

/** Sources that are on disk or on their way; `unwrittenBytes` is the part that the disk may not know of yet. */
type HeldSources = { bytes: number; unwrittenBytes: number };

export type SourceRoom = {
  /** Of one source, when no other is there. */
  largestBytes: number;
  /** For one more source beside these, now. May be negative. */
  freeBytes: (held: HeldSources) => Promise<number>;
};

export type RoomOptions = {
  slots: number;
  /** Where a quota holds that the disk does not tell of. */
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
