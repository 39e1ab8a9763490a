/** Page cursors: where the last page ended. Opaque to callers. */
import { AppError } from '../errors.ts';
import type { PageMark } from './assets.ts';

const CURSOR = /^(\d{1,15})\.([a-z0-9_-]{1,64})$/;

export const formatCursor = ({ createdAt, id }: PageMark): string => `${createdAt}.${id}`;

/** Null for the first page. Throws `invalid_request` for anything but a cursor of ours. */
export function parseCursor(cursor: string | undefined): PageMark | null {
  if (cursor === undefined) {
    return null;
  }
  const [, createdAt, id] = CURSOR.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined) {
    throw new AppError('invalid_request', { extra: { errors: [{ path: 'cursor', message: 'is not one of ours' }] } });
  }
  return { createdAt: Number(createdAt), id };
}

/** The cursor of the page after `rows`, or null if there are fewer rows than `limit`: this was the last page. */
export function nextCursor(rows: readonly { created_at: number; id: string }[], limit: number): string | null {
  const last = rows.at(-1);
  return last === undefined || rows.length < limit ? null : formatCursor({ createdAt: last.created_at, id: last.id });
}
