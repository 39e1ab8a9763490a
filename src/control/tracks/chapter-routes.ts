/** `/v1/assets/{id}/chapters`: titles by language. */

import { listChapters, setChapters } from '../../catalog/chapters.ts';
import { invalidMember } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { MAX_ALL_CHAPTERS } from '../../media/limits.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { assetParams } from '../resources/schemas.ts';
import { overlayChapters } from '../revisions/overlay.ts';
import { tryRevise } from '../revisions/revise.ts';
import { chapterListSchema, chapterParams, chaptersSchema, toStored } from './schemas.ts';
import { readTrackSet } from './track-set.ts';

async function change(env: Bindings, id: string, chapters: Parameters<typeof setChapters>[2]): Promise<void> {
  if (!(await setChapters(env.CATALOG, id, chapters, Date.now()))) {
    await readTrackSet(env, id);
    throw invalidMember('chapters', `an asset has at most ${MAX_ALL_CHAPTERS} in all languages`);
  }
  await tryRevise(env, id);
}

async function languagesOf(env: Bindings, id: string) {
  const { presentation, asset } = await readTrackSet(env, id);
  const durationMs = (asset.duration_seconds ?? Number.POSITIVE_INFINITY) * 1000;
  const lists = overlayChapters(presentation?.chapters ?? [], await listChapters(env.CATALOG, id), durationMs);
  return lists.map(({ language, chapters }) => ({
    language,
    chapters: chapters.map(({ startMs, title }) => ({ start: startMs / 1000, title })),
  }));
}

export const chapterRoutes = newRouter<Bindings>();

chapterRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/chapters',
    operationId: 'listChapters',
    summary: 'List the chapters of an asset, by language',
    request: { params: assetParams },
    responses: { 200: jsonResponse('The chapters', chapterListSchema), ...problemResponses('asset_not_found') },
  }),
  async (c) => c.json({ languages: await languagesOf(c.env, c.req.valid('param').id) }, 200),
);

chapterRoutes.openapi(
  apiRoute({
    method: 'put',
    path: '/assets/{id}/chapters/{language}',
    operationId: 'setChapters',
    summary: 'Set the chapters of a language; an empty list removes them',
    request: { params: chapterParams, body: jsonBody(chaptersSchema) },
    responses: {
      200: jsonResponse('The chapters of all languages', chapterListSchema),
      ...problemResponses('asset_not_found'),
    },
  }),
  async (c) => {
    const { id, language } = c.req.valid('param');
    await change(c.env, id, { language, chapters: toStored(c.req.valid('json')) });
    return c.json({ languages: await languagesOf(c.env, id) }, 200);
  },
);

chapterRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/assets/{id}/chapters/{language}',
    operationId: 'deleteChapters',
    summary: 'Remove the chapters of a language, also those of the source',
    request: { params: chapterParams },
    responses: { 204: { description: 'Removed' }, ...problemResponses('asset_not_found') },
  }),
  async (c) => {
    const { id, language } = c.req.valid('param');
    await change(c.env, id, { language, chapters: [] });
    return c.body(null, 204);
  },
);
