/** A call for each item, `atOnce` at a time. Rejects with the first failure, after its group; `goesOn` is asked before each. */
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
