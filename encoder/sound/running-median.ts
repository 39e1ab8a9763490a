/** The median of each value and its neighbours. Pure. */

/** Where in the sorted `values` the first one stands that is not less than `value`. */
function placeOf(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/**
 * The median of `reach` values on each side, of fewer at the ends, always as many on the left as on the right. Rising or
 * falling values stay as they are, steps included; what goes away and comes back within `reach` values is removed.
 */
export function runningMedian(values: readonly number[], reach: number): number[] {
  const sorted = values.slice(0, 1);
  let [first, last] = [0, 0];
  return values.map((_, index) => {
    const side = Math.min(reach, index, values.length - 1 - index);
    for (; last < index + side; last++) {
      const entering = values[last + 1] ?? 0;
      sorted.splice(placeOf(sorted, entering), 0, entering);
    }
    for (; first < index - side; first++) {
      sorted.splice(placeOf(sorted, values[first] ?? 0), 1);
    }
    return sorted[side] ?? 0;
  });
}
