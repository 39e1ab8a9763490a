/** Formats counts, shares and minutes, in English like the pages. Pure. */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const DECIMAL = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** From here on, minutes are shown without a decimal. */
const WHOLE_MINUTES_FROM = 1_000;

export const countText = (count: number): string => WHOLE.format(count);

/** `12.4`, `1,204`. */
export const minutesText = (minutes: number): string =>
  (minutes < WHOLE_MINUTES_FROM ? DECIMAL : WHOLE).format(minutes);

/** For axes: `1.5K`. */
export const shortText = (value: number): string => SHORT.format(value);

export const shareText = (share: number): string => PERCENT.format(share);

/** `1 view`, `2 views`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;
