/** `/v1/events`: the event log, for apps that poll it instead of using webhooks. */
import { z } from '@hono/zod-openapi';
import { isAfter, NEWEST_FIRST, type PageMark } from '../../catalog/assets.ts';
import { openPage } from '../../catalog/cursor.ts';
import { apiRoute, jsonResponse, newRouter } from '../../http/router.ts';
import { assetIdSchema } from '../../media/ids.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { sql } from '../../platform/sql.ts';
import { type EventRow, eventSchema, eventView } from '../resources/event-view.ts';
import { pageQuerySchema } from '../resources/schemas.ts';

async function listEvents(
  db: D1Database,
  { asset, after, limit }: { asset: string | undefined; after: PageMark | null; limit: number },
): Promise<EventRow[]> {
  // Two different statements, so that SQLite finds the events of one asset by its index.
  const ofAsset = asset === undefined ? sql`true` : sql`asset_id = ${asset}`;
  const select = sql`SELECT * FROM events WHERE ${isAfter(after)} AND ${ofAsset} ${NEWEST_FIRST} LIMIT ${limit}`;
  return (await select.on(db).all<EventRow>()).results;
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
    const { next, ...page } = openPage('events', { asset }, { cursor, limit });
    const rows = await listEvents(c.env.CATALOG, { ...page, asset });
    return c.json({ events: rows.map(eventView), nextCursor: next(rows) }, 200);
  },
);
