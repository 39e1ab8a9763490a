/** Each value and its neighbours without outliers. Pure. */

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

/** The mean of the middle half of sorted values, or their median if that half is spread wider. */
function middleOf(sorted: readonly number[], mostSpread: number): number {
  const quarter = sorted.length >> 2;
  const last = sorted.length - 1 - quarter;
  if ((sorted[last] ?? 0) - (sorted[quarter] ?? 0) > mostSpread) {
    return sorted[sorted.length >> 1] ?? 0;
  }
  let sum = 0;
  for (let index = quarter; index <= last; index++) {
    sum += sorted[index] ?? 0;
  }
  return sum / (last - quarter + 1);
}

/**
 * The middle of `reach` values on each side, of fewer at the ends, always as many on the left as on the right. A median keeps
 * rising or falling values as they are, steps included, and removes what goes away and comes back within `reach` values. A
 * mean is better where values hop between two levels; it is taken where the middle half of the values lies within `mostSpread`.
 */
export function runningMiddle(values: readonly number[], reach: number, mostSpread: number): number[] {
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
    return middleOf(sorted, mostSpread);
  });
}
