/** `/v1/events`: the event log, for apps that poll it instead of using webhooks. */
import { z } from '@hono/zod-openapi';
import type { PageMark } from '../../catalog/assets.ts';
import { nextCursor, parseCursor } from '../../catalog/cursor.ts';
import { apiRoute, jsonResponse, newRouter } from '../../http/router.ts';
import { assetIdSchema } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { type EventRow, eventSchema, eventView } from '../resources/event-view.ts';
import { pageQuerySchema } from '../resources/schemas.ts';

async function listEvents(
  db: D1Database,
  page: { asset: string | undefined; after: PageMark | null; limit: number },
): Promise<EventRow[]> {
  // Two different statements, so that SQLite finds the events of one asset by its index.
  const ofAsset = page.asset === undefined ? '?4 IS NULL' : 'asset_id = ?4';
  const { results } = await db
    .prepare(
      `SELECT * FROM events WHERE (?1 IS NULL OR (created_at, id) < (?1, ?2)) AND ${ofAsset}
       ORDER BY created_at DESC, id DESC LIMIT ?3`,
    )
    .bind(page.after?.createdAt ?? null, page.after?.id ?? null, page.limit, page.asset ?? null)
    .all<EventRow>();
  return results;
}

export const eventRoutes = newRouter<Pick<Bindings, 'CATALOG'>>();

eventRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/events',
    operationId: 'listEvents',
    summary: 'List events, newest first; kept for 30 days',
    request: { query: pageQuerySchema.extend({ asset: assetIdSchema.optional() }) },
    responses: {
      200: jsonResponse('A page', z.object({ events: z.array(eventSchema), nextCursor: z.string().nullable() })),
    },
  }),
  async (c) => {
    const { cursor, limit, asset } = c.req.valid('query');
    const rows = await listEvents(c.env.CATALOG, { asset, after: parseCursor(cursor), limit });
    return c.json({ events: rows.map(eventView), nextCursor: nextCursor(rows, limit) }, 200);
  },
);
