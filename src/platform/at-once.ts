/** Bounded concurrency: calls for each of many items, a few at a time. */

/** Results in the order of the items; rejects with the first failure, after its group. `goesOn` is asked before each group. */
export async function inGroups<T, R>(
  items: readonly T[],
  atOnce: number,
  call: (item: T) => Promise<R>,
  goesOn: () => boolean = () => true,
): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < items.length && goesOn(); index += atOnce) {
    results.push(...(await Promise.all(items.slice(index, index + atOnce).map(call))));
  }
  return results;
}
