/** One page of the bucket: list, decide, mark, decide again. What comes out may be deleted whenever one gets to it. */
import { parseKey } from '../../media/keys.ts';
import { type Decision, decide, type Facts, type GcRules, type ListedObject, type Mark } from './decide.ts';
import { PAGE_KEYS } from './limits.ts';
import { noteSeen, writeMarks } from './marks.ts';
import type { FactsReader, GcStorage } from './read-facts.ts';
import type { ObjectOutcome } from './run-report.ts';

/** Seal, then retire or collect; one more for what changed meanwhile. */
const MARK_ROUNDS = 3;

export type SweptPage = {
  outcomes: ObjectOutcome[];
  /** Where the next page begins; null after the last. */
  after: string | null;
};

type Entry = ListedObject & { bytes: number; kind: ReturnType<typeof parseKey> };

/** `dryRun`: writes nothing at all, and takes every missing mark for granted. */
export async function sweepPage(
  storage: GcStorage,
  reader: FactsReader,
  { after, rules, dryRun, now }: { after: string | null; rules: GcRules; dryRun: boolean; now: () => number },
): Promise<SweptPage> {
  const { entries, next } = await listPage(storage.MEDIA, after);
  let facts = await reader.read(entries);
  let decisions = decideAll(entries, facts, rules);
  if (!dryRun) {
    for (let round = 1; round <= MARK_ROUNDS; round++) {
      const marks = missingMarks(decisions);
      if (marks.length === 0) {
        break;
      }
      await writeMarks(storage.CATALOG, marks, now());
      facts = await reader.read(entries);
      decisions = decideAll(entries, facts, rules);
    }
    await noteSeen(storage.CATALOG, deletedAssetsOf(entries, facts), now());
  }
  return {
    outcomes: entries.map(({ key, bytes }, index) => ({
      key,
      bytes,
      decision: settled(decisions[index] ?? CHANGED, dryRun),
    })),
    after: next,
  };
}

const CHANGED: Decision = { action: 'wait', reason: 'changed' };

/** A deletion whose mark was refused does not take place. */
const settled = (decision: Decision, dryRun: boolean): Decision =>
  decision.action === 'delete' && decision.mark !== undefined && !dryRun ? CHANGED : decision;

async function listPage(
  bucket: GcStorage['MEDIA'],
  after: string | null,
): Promise<{ entries: Entry[]; next: string | null }> {
  const page = await bucket.list({ limit: PAGE_KEYS, ...(after === null ? {} : { startAfter: after }) });
  const entries = page.objects.map(({ key, size, uploaded }) => ({
    key,
    bytes: size,
    uploadedMs: uploaded.getTime(),
    kind: parseKey(key),
  }));
  // By key, not by R2's cursor: a cursor may not outlive an interruption of hours.
  return { entries, next: page.truncated ? (entries.at(-1)?.key ?? null) : null };
}

const decideAll = (entries: readonly Entry[], facts: Facts, rules: GcRules): Decision[] =>
  entries.map((entry) => decide(entry, entry.kind, facts, rules));

/** Each once: a thousand segments ask for the same mark. */
function missingMarks(decisions: readonly Decision[]): Mark[] {
  const marks = new Map<string, Mark>();
  for (const { mark } of decisions) {
    if (mark !== undefined) {
      marks.set(JSON.stringify(mark), mark);
    }
  }
  return [...marks.values()];
}

function deletedAssetsOf(entries: readonly Entry[], facts: Facts): string[] {
  const owners = entries.flatMap(({ kind }) =>
    'assetId' in kind ? [kind.assetId] : kind.kind === 'source' ? [kind.owner] : [],
  );
  return [...new Set(owners)].filter((id) => facts.asset(id)?.state === 'deleted');
}
