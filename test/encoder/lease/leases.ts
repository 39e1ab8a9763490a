/** Leases as a board hands them out, and a log that keeps its lines. */
import { createLog, type Log } from '../../../encoder/failure/log.ts';
import { type Encoder, GRANT_HEADER, type Lease } from '../../../src/protocol/tasks.ts';

export const TOKEN = 'encoder-token-0123456789-0123456789';
export const LEASE_SECRET = 'leasesecret0123456789abc';
export const GRANT = 'grant-0123456789-abc';
/** What a Worker sends with leases and heartbeats. */
export const GRANTED = { [GRANT_HEADER]: GRANT };
export const ENCODER: Encoder = { id: 'encoder-1', version: '0.1.0', cores: 2, memoryBytes: 1 };

/** Times are as short as the contract allows: a lease of a second, a heartbeat every few milliseconds. */
export const leaseOf = (id: string, over: Partial<Lease> = {}): Lease => ({
  task: { id, attempt: '1', input: { kind: 'inspect', source: { key: 'sources/x/film.mp4', sizeBytes: 5 } } },
  lease: LEASE_SECRET,
  ttlSeconds: 1,
  heartbeatSeconds: 0.01,
  ...over,
});

export function keptLog(): { log: Log; lines: string[]; events: () => string[] } {
  const lines: string[] = [];
  const sink = { write: (text: string) => lines.push(text) };
  return { log: createLog(sink, sink), lines, events: () => lines.map((line) => JSON.parse(line).event) };
}
