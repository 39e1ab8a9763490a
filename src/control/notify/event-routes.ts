/** `/v1/events`: what has happened, for those who ask instead of being told. */
import { createRoute, z } from '@hono/zod-openapi';
import type { PageMark } from '../../catalog/assets.ts';
import { nextCursor, parseCursor } from '../../catalog/cursor.ts';
import { jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { assetIdSchema } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { type EventRow, eventSchema, eventView } from '../resources/event-view.ts';
import { pageQuerySchema } from '../resources/schemas.ts';

async function listEvents(
  db: D1Database,
  page: { asset: string | undefined; after: PageMark | null; limit: number },
): Promise<EventRow[]> {
  const ofAsset = page.asset === undefined ? '' : 'AND asset_id = ?4';
  const values = [page.after?.createdAt ?? null, page.after?.id ?? null, page.limit];
  const { results } = await db
    .prepare(
      `SELECT * FROM events WHERE (?1 IS NULL OR (created_at, id) < (?1, ?2)) ${ofAsset}
       ORDER BY created_at DESC, id DESC LIMIT ?3`,
    )
    .bind(...values, ...(page.asset === undefined ? [] : [page.asset]))
    .all<EventRow>();
  return results;
}

export const eventRoutes = newRouter<Pick<Bindings, 'CATALOG'>>();

eventRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/events',
    operationId: 'listEvents',
    summary: 'List events, newest first; kept for 30 days',
    security: [{ apiToken: [] }],
    request: { query: pageQuerySchema.extend({ asset: assetIdSchema.optional() }) },
    responses: {
      200: jsonResponse('A page', z.object({ events: z.array(eventSchema), nextCursor: z.string().nullable() })),
      ...problemResponses('invalid_request', 'unauthorized'),
    },
  }),
  async (c) => {
    const { cursor, limit, asset } = c.req.valid('query');
    const rows = await listEvents(c.env.CATALOG, { asset, after: parseCursor(cursor), limit });
    return c.json({ events: rows.map(eventView), nextCursor: nextCursor(rows, limit) }, 200);
  },
);
