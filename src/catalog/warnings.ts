/** Warnings as D1 holds them, on a job and on its asset: JSON, and null for none. */
import { z } from 'zod';
import { type Sql, sql } from '../platform/sql.ts';

/** Not the enumeration of codes: a later release may have stored one that this release does not know. */
const storedSchema = z.array(z.object({ code: z.string(), message: z.string(), at: z.number().optional() }));
export type StoredWarning = z.infer<typeof storedSchema>[number];

export const warningsText = (warnings: readonly StoredWarning[]): string | null =>
  warnings.length === 0 ? null : JSON.stringify(warnings);

export const parseWarnings = (text: string | null): StoredWarning[] =>
  text === null ? [] : storedSchema.parse(JSON.parse(text));

/**
 * The rows that have any warning, none, or one of this code. Rows that have any are found by an index
 * (migrations/0016_warnings.sql).
 */
export function isWarned(filter: string | undefined): Sql {
  switch (filter) {
    case undefined:
      return sql`true`;
    case 'none':
      return sql`warnings IS NULL`;
    case 'any':
      return sql`warnings IS NOT NULL`;
    default:
      return sql`warnings IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(warnings) WHERE value ->> 'code' = ${filter})`;
  }
}
