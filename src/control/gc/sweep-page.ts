/** Sweeps one page of the bucket: list, decide, mark, decide again. What it says to delete may be deleted at any later time. */
import { parseKey } from '../../media/keys.ts';
import { type Decision, decide, type GcRules, type ListedObject, type Mark } from './decide.ts';
import { PAGE_KEYS } from './limits.ts';
import { noteSeen, writeMarks } from './marks.ts';
import type { FactsReader, GcStorage } from './read-facts.ts';
import type { ObjectOutcome } from './run-report.ts';

/** Seal, then retire or collect, and one more for what changed meanwhile. */
const MARK_ROUNDS = 3;

const CHANGED: Decision = { action: 'wait', reason: 'changed' };

/** `after`: the last key of this page; null if it is the last page. A dry run writes nothing and assumes that marks succeed. */
export async function sweepPage(
  storage: GcStorage,
  reader: FactsReader,
  rules: GcRules,
  { after, dryRun }: { after: string | null; dryRun: boolean },
): Promise<{ outcomes: ObjectOutcome[]; after: string | null }> {
  const page = await storage.MEDIA.list({ limit: PAGE_KEYS, ...(after === null ? {} : { startAfter: after }) });
  const objects: (ListedObject & { bytes: number })[] = page.objects.map(({ key, size, uploaded }) => ({
    key,
    bytes: size,
    uploadedMs: uploaded.getTime(),
    kind: parseKey(key),
  }));
  const decideAll = async () => {
    const facts = await reader.read(objects);
    return { facts, outcomes: objects.map((object) => ({ ...object, decision: decide(object, facts, rules) })) };
  };
  let { facts, outcomes } = await decideAll();
  if (!dryRun) {
    for (let round = 1; round <= MARK_ROUNDS; round++) {
      const marks = missingMarks(outcomes);
      if (marks.length === 0) {
        break;
      }
      await writeMarks(storage.CATALOG, marks, Date.now());
      ({ facts, outcomes } = await decideAll());
    }
    const deleted = [...facts.assets].filter(([, deletedAtMs]) => deletedAtMs !== null).map(([id]) => id);
    await noteSeen(storage.CATALOG, deleted, Date.now());
  }
  return {
    outcomes: outcomes.map(({ key, bytes, decision }) => {
      // A deletion whose mark was refused does not take place.
      const isRefused = !dryRun && decision.action === 'delete' && decision.mark !== undefined;
      return { key, bytes, decision: isRefused ? CHANGED : decision };
    }),
    // By key, not by R2's cursor: a cursor may not outlive an interruption of hours.
    after: page.truncated ? (objects.at(-1)?.key ?? null) : null,
  };
}

/** Each once: a thousand segments ask for the same mark. */
function missingMarks(outcomes: readonly ObjectOutcome[]): Mark[] {
  const marks = outcomes.flatMap(({ decision: { mark } }) => (mark === undefined ? [] : [mark]));
  return [...new Map(marks.map((mark) => [JSON.stringify(mark), mark])).values()];
}
