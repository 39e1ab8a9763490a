/** Times in requests and answers: RFC 3339, which has years of four digits only. */
import { z } from '@hono/zod-openapi';

/** A year before the last one of the format: days are added to callers' times, and points rounded up. */
const TIME_MS_MAX = Date.parse('9998-12-31T23:59:59.999Z');
const SHOWN_MS_MAX = Date.parse('9999-12-31T23:59:59.999Z');

const textSchema = z.iso.datetime({ offset: true }).max(40);
const isInRange = (ms: number): boolean => ms >= 0 && ms <= TIME_MS_MAX;
const OUT_OF_RANGE = 'must be between 1970 and 9998';

/** Stays text, for what is stored as it was sent. */
export const timeTextSchema = textSchema
  .refine((text) => isInRange(Date.parse(text)), OUT_OF_RANGE)
  .openapi({ format: 'date-time' });

/** Parses to Unix milliseconds. */
export const timeSchema = textSchema
  .transform((text) => Date.parse(text))
  .refine(isInRange, OUT_OF_RANGE)
  .openapi({ type: 'string', format: 'date-time', description: 'Between 1970 and 9998' });

/** An older version stored times without a bound. */
export const isoTime = (ms: number): string => new Date(Math.min(ms, SHOWN_MS_MAX)).toISOString();

export const shownTime = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
