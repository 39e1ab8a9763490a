/**
 * `npm run bench -- revocations`: what the revocation list costs one segment request, with 0 and with 100,000 entries,
 * beside the obvious other structure (Sets of strings); and what a new list costs an isolate. In Node, on V8 as workerd is.
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

/** Nanoseconds for each call, after a warm-up of the same length. `found` keeps the work from being optimised away. */
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

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

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
    throw new Error('something was found that is not revoked');
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
console.log(`first request of a session in an isolate, hashing its 5 ids: ${firstMicroseconds.toFixed(0)} µs`);
