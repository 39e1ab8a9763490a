/** Groups the values of a split series: the largest few by name, and all others together. Pure. */
import type { Part, Point } from './points.ts';
import type { Split } from './ranges.ts';

/** As many as there are distinguishable colours. */
const GROUPS_MAX = 6;

export type Group = {
  /** `null` for the group of all other values. */
  value: string | null;
  label: string;
  views: number;
  minutes: number;
};

const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
const COUNTRIES: Readonly<Record<string, string>> = { XX: 'Unknown', T1: 'Tor' };

export function labelOf(split: Split, value: string): string {
  if (split === 'country') {
    return COUNTRIES[value] ?? (/^[A-Z]{2}$/.test(value) ? (REGIONS.of(value) ?? value) : value);
  }
  if (split === 'rendition') {
    if (value === 'sv0') {
      return 'Source';
    }
    // `v1080`, or `v-hevc-1080` for a codec other than the default.
    const [, codec = '', height] = /^v(?:-([a-z0-9]+)-)?(\d+)$/.exec(value) ?? [];
    return height === undefined ? value : `${height}p ${codec.toUpperCase()}`.trimEnd();
  }
  return value === 'tv' ? 'TV' : `${value.slice(0, 1).toUpperCase()}${value.slice(1)}`;
}

/** Most watched first, by minutes, because renditions have no views. */
export function groupsOf(points: readonly Point[], split: Split): Group[] {
  const totals = new Map<string, Part>();
  for (const { by } of points) {
    for (const [value, part] of by) {
      const before = totals.get(value) ?? { views: 0, minutes: 0 };
      totals.set(value, { views: before.views + part.views, minutes: before.minutes + part.minutes });
    }
  }
  const sorted = [...totals].sort(([a, x], [b, y]) => y.minutes - x.minutes || y.views - x.views || (a < b ? -1 : 1));
  const isMany = sorted.length > GROUPS_MAX;
  const named = isMany ? sorted.slice(0, GROUPS_MAX - 1) : sorted;
  const groups: Group[] = named.map(([value, part]) => ({ value, label: labelOf(split, value), ...part }));
  if (isMany) {
    const rest = sorted.slice(GROUPS_MAX - 1).map(([, part]) => part);
    groups.push({ value: null, label: `${rest.length} others`, ...sum(rest) });
  }
  return groups;
}

/** The part of a point that belongs to each group, in the order of the groups. */
export function partsOf({ by }: Point, groups: readonly Group[]): Part[] {
  const named = new Set(groups.map(({ value }) => value));
  const rest = [...by].filter(([value]) => !named.has(value)).map(([, part]) => part);
  return groups.map(({ value }) => (value === null ? sum(rest) : (by.get(value) ?? { views: 0, minutes: 0 })));
}

const sum = (parts: readonly Part[]): Part => ({
  views: parts.reduce((total, { views }) => total + views, 0),
  minutes: parts.reduce((total, { minutes }) => total + minutes, 0),
});
