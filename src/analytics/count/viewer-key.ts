/** The 64 bits that a viewer is counted by. Pure. */
import type { HyperLogLog } from './hyperloglog.ts';

/** Adds a viewer by the hash that stands for it, or a session that names none by its id. */
export function addViewer(viewers: HyperLogLog, viewer: string, sessionId: string): void {
  if (viewer !== '') {
    viewers.add(Number.parseInt(viewer.slice(0, 8), 16), Number.parseInt(viewer.slice(8), 16));
    return;
  }
  // Two passes with other constants of a 32-bit hash (FNV-1a) whose bits are then mixed (MurmurHash3's finaliser): ids are
  // random, nobody gains by choosing one.
  viewers.add(hash32(sessionId, 0x811c9dc5), hash32(sessionId, 0x9747b28c));
}

function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
