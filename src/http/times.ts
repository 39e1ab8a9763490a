/** Times in requests and answers: RFC 3339, which has years of four digits only. */
import { z } from '@hono/zod-openapi';

/** A year before the last one of the format: days are added to callers' times, and points rounded up. */
const TIME_MS_MAX = Date.parse('9998-12-31T23:59:59.999Z');
const SHOWN_MS_MAX = Date.parse('9999-12-31T23:59:59.999Z');

/** Parses to Unix milliseconds. */
export const timeSchema = z.iso
  .datetime({ offset: true })
  .max(40)
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 0 && ms <= TIME_MS_MAX, 'must be between 1970 and 9998')
  .openapi({ type: 'string', format: 'date-time', description: 'Between 1970 and 9998' });

/** An older version stored times without a bound. */
export const isoTime = (ms: number): string => new Date(Math.min(ms, SHOWN_MS_MAX)).toISOString();
