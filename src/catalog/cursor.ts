/** Pages of lists. A cursor says where the last page ended, and of which list with which filters. Opaque to callers. */
import { invalidMember } from '../errors.ts';
import type { PageMark } from './assets.ts';

const CURSOR = /^(\d{1,15})\.([a-z0-9_-]{1,64})\.([0-9a-z]{1,7})$/;

/** FNV-1a of 32 bits. It tells mistakes from cursors, and keeps nothing secret. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(36);
}

export type Page = {
  after: PageMark | null;
  limit: number;
  /** The cursor of the page after `rows`, or null if there are fewer rows than `limit`: this was the last page. */
  next: (rows: readonly { created_at: number; id: string }[]) => string | null;
};

/**
 * `list`: its name, for lists below a resource with the resource's id. `filters`: all that selects or orders its rows; undefined ones count
 * as left out. Throws `invalid_request` for a cursor that is not of this list with these filters.
 */
export function openPage(
  list: string,
  filters: Readonly<Record<string, string | number | boolean | undefined>>,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Page {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const hash = hashOf(JSON.stringify([list, given.sort(([a], [b]) => (a < b ? -1 : 1))]));
  return {
    after: cursor === undefined ? null : markOf(cursor, hash),
    limit,
    next(rows) {
      const last = rows.at(-1);
      return last === undefined || rows.length < limit ? null : `${last.created_at}.${last.id}.${hash}`;
    },
  };
}

function markOf(cursor: string, hash: string): PageMark {
  const [, createdAt, id, of] = CURSOR.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined || of !== hash) {
    throw invalidMember('cursor', 'is not one of this list with these filters');
  }
  return { createdAt: Number(createdAt), id };
}
