/**
 * `npm run bench -- revocations`: what the revocation list costs per segment request, with 0, 1,000 and 100,000
 * entries, compared with Sets of strings, and what it costs an isolate to parse a new list. It runs in Node, on V8 like
 * workerd.
 */
import {
  fingerprintOf,
  fingerprintToHex,
  formatRevocations,
  REVOCATION_KINDS,
  type RevocationKind,
  RevocationList,
} from '../src/access/revocation-list.ts';
import { findRevocation, fingerprintSubject, type SubjectFingerprints } from '../src/access/revocations.ts';
import { median } from './numbers.ts';
import { printTable } from './table.ts';

const SESSIONS = 1000;
const ROUNDS = 1000;
const NOW_SECONDS = 1_800_000_000;

const kindOf = (index: number): RevocationKind => REVOCATION_KINDS[index % REVOCATION_KINDS.length] ?? 'link';
const subjectOf = (name: string) => ({
  session: `session-${name}`,
  link: `link-${name}`,
  viewer: `viewer-${name}`,
  asset: `asset-${name}`,
  key: `key-${name}`,
});

async function textOf(count: number): Promise<string> {
  const hexes = await Promise.all(
    Array.from({ length: count }, async (_, index) =>
      fingerprintToHex(await fingerprintOf(kindOf(index), `revoked-${index}`)),
    ),
  );
  return formatRevocations(hexes.sort().map((fingerprint) => ({ fingerprint, expiresAtMs: null })));
}

/** Nanoseconds per call, after a warm-up of the same length. `found` keeps V8 from optimising the work away. */
function measure(run: (index: number) => boolean): { nanoseconds: number; found: number } {
  let found = 0;
  let started = 0;
  for (const pass of ['warm-up', 'timed']) {
    found = 0;
    started = pass === 'timed' ? performance.now() : 0;
    for (let index = 0; index < SESSIONS * ROUNDS; index++) {
      found += run(index % SESSIONS) ? 1 : 0;
    }
  }
  return { nanoseconds: ((performance.now() - started) * 1e6) / (SESSIONS * ROUNDS), found };
}

function timedMs(run: () => unknown): number {
  return median(
    Array.from({ length: 15 }, () => {
      const started = performance.now();
      run();
      return performance.now() - started;
    }),
  );
}

const subjects = Array.from({ length: SESSIONS }, (_, index) => subjectOf(String(index)));
const started = performance.now();
const prints: SubjectFingerprints[] = [];
for (const subject of subjects) {
  prints.push(await fingerprintSubject(subject));
}
const firstMicroseconds = ((performance.now() - started) * 1000) / SESSIONS;

const rows: string[][] = [];
for (const count of [0, 1000, 100_000]) {
  const text = await textOf(count);
  const list = RevocationList.parse(text);
  const sets = new Map(REVOCATION_KINDS.map((kind) => [kind, new Set<string>()]));
  for (let index = 0; index < count; index++) {
    sets.get(kindOf(index))?.add(`revoked-${index}`);
  }
  const ours = measure(
    (index) => findRevocation(list, prints[index] ?? { kinds: [], words: new Uint32Array() }, NOW_SECONDS) !== null,
  );
  const baseline = measure((index) =>
    REVOCATION_KINDS.some((kind) => sets.get(kind)?.has(subjects[index]?.[kind] ?? '')),
  );
  if (ours.found + baseline.found > 0) {
    throw new Error('an id was found that is not revoked');
  }
  rows.push([
    count.toLocaleString('en'),
    (ours.nanoseconds / 5).toFixed(1),
    ours.nanoseconds.toFixed(0),
    baseline.nanoseconds.toFixed(0),
    timedMs(() => RevocationList.parse(text)).toFixed(2),
    (text.length / 1e6).toFixed(2),
  ]);
}
printTable(['entries', 'ns/look-up', 'ns/request (5 ids)', 'ns/request, Sets', 'parse ms', 'file MB'], rows);
console.log(`hashing the 5 ids of a session, on its first request to an isolate: ${firstMicroseconds.toFixed(0)} µs`);
