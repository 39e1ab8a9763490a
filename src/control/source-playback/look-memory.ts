/** How much the looks of an isolate hold in memory. An isolate has 128 MB; requests play films in it at the same time. */

import { ByteBudget } from '../../delivery/tiers/byte-budget.ts';
import type { Hold } from './read-source.ts';

/** The largest index that is accepted (24 MiB), and as much for the slots that are made of it; or two of three hours. */
const BYTES_MAX = 52 * 1024 * 1024;
/** A look that the platform killed releases nothing. Longer than any look takes. */
const LEASE_MS = 60_000;

const budget = new ByteBudget(BYTES_MAX, LEASE_MS);

/** Too many look at once: try again later. */
export class LookBusy extends Error {
  override readonly name = 'LookBusy';
}

/** `hold` throws LookBusy. What was held is released when `work` ends. */
export async function withMemory<T>(work: (hold: Hold) => Promise<T>): Promise<T> {
  const leases: number[] = [];
  const hold: Hold = (bytes) => {
    const lease = budget.reserve(bytes, Date.now());
    if (lease === null) {
      throw new LookBusy('other looks use the memory that there is for them');
    }
    leases.push(lease);
  };
  try {
    return await work(hold);
  } finally {
    for (const lease of leases) {
      budget.release(lease);
    }
  }
}
