/** What the edge tier asks the media origin and how it tells a stored answer from a new one. Pure. */

import { isMediaKey } from '../../media/keys.ts';
import { POPULARITY_CLASSES } from '../../metrics/metric-series.ts';
import type { TierName } from '../objects/objects.ts';
import type { PopularityClass } from './popularity.ts';

/** The path is the cache key, and answers outlive deployments: the number goes up when what they say changes. */
const PREFIX = 'https://media.sluice.invalid/1/';

/** Only for keys of what never changes: their characters mean nothing else in a URL. */
export const mediaUrl = (key: string): string => PREFIX + key;

/** The key of such a URL; `null` for any other spelling, so that one object has one cache entry. */
export function mediaKeyOf(url: string): string | null {
  const key = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : '';
  return isMediaKey(key) ? key : null;
}

/** Of a request: a random name of this very call. It is no part of the cache key. */
export const CALL_HEADER = 'sluice-call';
/** Of a request: how popular the object's version is, by the caller's estimate. No part of the cache key either. */
export const CLASS_HEADER = 'sluice-class';
/** Of an answer: what the origin found and for which call. It is stored with the answer, so a hit names another call. */
export const VERDICT_HEADER = 'sluice-verdict';

export type OriginVerdict = { found: TierName | 'missing'; call: string };

const CALL = /^[0-9a-f-]{1,36}$/;
const VERDICT = /^(shield|r2|missing) ([0-9a-f-]{1,36})$/;

/** `0`, a name that no caller gives itself, where the header is not one of ours. */
export const callOf = ({ headers }: Request): string => CALL.exec(headers.get(CALL_HEADER) ?? '')?.[0] ?? '0';

export const classOf = ({ headers }: Request): PopularityClass | null =>
  POPULARITY_CLASSES.find((known) => known === headers.get(CLASS_HEADER)) ?? null;

export const formatVerdict = ({ found, call }: OriginVerdict): string => `${found} ${call}`;

/** `null` where the answer is not one of the media origin. */
export function verdictOf({ headers }: Response): OriginVerdict | null {
  const [, found, call = ''] = VERDICT.exec(headers.get(VERDICT_HEADER) ?? '') ?? [];
  return found === undefined ? null : { found: found as OriginVerdict['found'], call };
}
