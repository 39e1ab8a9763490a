/** Which answers are facts of a view: whole segments that a GET was answered with (docs/guide/views.md). Pure. */

import type { MainKind, Measure } from '../../media/measure.ts';
import { trackKindOf } from '../../media/media-types.ts';

export const isMainTrack = (main: MainKind, track: string): boolean => trackKindOf(track) === main;

export const isSegmentOf = ({ segments }: Measure, number: number): boolean => number >= 1 && number <= segments;

const CONTENT_RANGE = /^bytes 0-(\d{1,15})\/(\d{1,15})$/;

/** Whether all of an object was asked for and sent: 200, or 206 with all of it. HEAD and probes are neither. */
export function isWhole(method: string, { status, headers }: Pick<Response, 'status' | 'headers'>): boolean {
  if (method !== 'GET') {
    return false;
  }
  if (status !== 206) {
    return status === 200;
  }
  const [, last, size] = CONTENT_RANGE.exec(headers.get('content-range') ?? '') ?? [];
  return last !== undefined && Number(last) + 1 === Number(size);
}
