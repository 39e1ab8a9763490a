/** Calls to many objects, a few at a time: 4,096 of them at once would be 4,096 answers in memory. */
const AT_ONCE = 32;

/** Results in the order of the items; rejects with the first failure, after its group. */
export async function inGroups<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < items.length; index += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(index, index + AT_ONCE).map(call))));
  }
  return results;
}
