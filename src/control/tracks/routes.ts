/** `/v1/assets/{id}/tracks`: list, add, change, delete. */

import { z } from '@hono/zod-openapi';
import { publicOrigin } from '../../access/public-origin.ts';
import { changeTrack, deleteTrack, type TrackChange } from '../../catalog/tracks.ts';
import { warningsText } from '../../catalog/warnings.ts';
import { configOf } from '../../config.ts';
import { AppError, invalidMember } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { withoutUndefined } from '../../platform/members.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { startDub } from '../encoding/workflow/start-dub.ts';
import { assetParams } from '../resources/schemas.ts';
import { tryRevise } from '../revisions/revise.ts';
import { locateSource } from '../sources/locate-source.ts';
import { CONTENT_ERRORS, checkText, readSource, storeContent } from './content.ts';
import { insertNew, requireFit, type Wanted } from './new-track.ts';
import { orderCaptions } from './order-captions.ts';
import {
  addTextQuerySchema,
  addTrackSchema,
  changeTrackSchema,
  type TrackChangeInput,
  type TrackSource,
  trackListSchema,
  trackParams,
  trackSchema,
} from './schemas.ts';
import { givenAsJson, rawBody, textBody } from './text-body.ts';
import { findView, readTrackSet, requireRoom, trackViews } from './track-set.ts';

async function addText(env: Bindings, assetId: string, wanted: Wanted, bytes: Uint8Array): Promise<string> {
  requireFit(wanted.kind, { role: wanted.role, default: wanted.default });
  const set = await readTrackSet(env, assetId);
  requireRoom(set, wanted.kind);
  const warnings = warningsText(checkText(bytes, wanted.language, set.asset.duration_seconds));
  return await insertNew(env, set, wanted, { content: await storeContent(env, assetId, bytes), warnings });
}

/** The row waits for its sound to be encoded. */
async function addSound(env: Bindings, assetId: string, wanted: Wanted, source: TrackSource): Promise<string> {
  requireFit(wanted.kind, { role: wanted.role, default: wanted.default });
  const set = await readTrackSet(env, assetId);
  requireRoom(set, 'audio');
  const located = await locateSource(env, source);
  const content = 'object' in located ? { content: located.object } : { content_url: located.url };
  return await insertNew(env, set, wanted, { ...content, state: 'waiting' });
}

export const trackRoutes = newRouter<SettleEnv>();

trackRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/tracks',
    operationId: 'listTracks',
    summary: 'List the tracks of an asset: picture, sound, text',
    request: { params: assetParams },
    responses: { 200: jsonResponse('The tracks', trackListSchema), ...problemResponses('asset_not_found') },
  }),
  async (c) => c.json({ tracks: trackViews(await readTrackSet(c.env, c.req.valid('param').id)) }, 200),
);

trackRoutes.openapi(
  apiRoute({
    method: 'post',
    path: '/assets/{id}/tracks',
    operationId: 'addTrack',
    summary: 'Add a text track or a dub; new sessions have a text track within seconds',
    request: { params: assetParams, query: addTextQuerySchema, body: textBody(addTrackSchema) },
    responses: {
      201: {
        ...jsonResponse('The text track', trackSchema),
        headers: z.object({ location: z.string() }),
      },
      202: {
        ...jsonResponse(
          'The sound, which is encoded first, or the text that a captioning service is asked for',
          trackSchema,
        ),
        headers: z.object({ location: z.string() }),
      },
      ...problemResponses('asset_not_found', 'track_refused', 'tracks_full', ...CONTENT_ERRORS),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const answer = async (track: string, status: 201 | 202 = 201) => {
      const view = findView(await readTrackSet(c.env, id), track);
      return c.json(view, status, { location: `/v1/assets/${id}/tracks/${track}` });
    };
    const raw = await rawBody(c.req);
    if (raw !== null) {
      const { kind = 'subtitles', language, name, default: isDefault } = c.req.valid('query');
      if (language === undefined) {
        throw invalidMember('language', 'is required');
      }
      const track = await addText(c.env, id, { kind, language, name, default: isDefault === 'true' }, raw);
      await tryRevise(c.env, id);
      return await answer(track);
    }
    const given = givenAsJson(c.req.valid('json'));
    if ('service' in given) {
      const { service, ...wanted } = given;
      const origin = publicOrigin(configOf(c.env), c.req.url);
      return await answer(await orderCaptions(c.env, id, wanted, { service, origin }), 202);
    }
    const { source, ...wanted } = given;
    if (wanted.kind === 'audio') {
      const track = await addSound(c.env, id, wanted, source);
      await startDub(c.env, id);
      return await answer(track, 202);
    }
    // Before the file is read: an unknown asset is told at once.
    await readTrackSet(c.env, id);
    const bytes = await readSource(c.env, source);
    const track = await addText(c.env, id, wanted, bytes);
    await tryRevise(c.env, id);
    return await answer(track);
  },
);

/** Names and roles that are taken away are stored as empty: null would be what the source has. */
function changeOf({ language, name, role, kind, shiftMs, ...change }: TrackChangeInput): TrackChange {
  return withoutUndefined({
    language,
    name: name === null ? '' : name,
    role: role === null ? '' : role,
    kind,
    shift_ms: shiftMs,
    is_default: change.default === undefined ? undefined : Number(change.default),
  });
}

trackRoutes.openapi(
  apiRoute({
    method: 'patch',
    path: '/assets/{id}/tracks/{track}',
    operationId: 'updateTrack',
    summary: 'Change the labels of a track, or when its cues are shown; nothing is encoded',
    request: { params: trackParams, body: jsonBody(changeTrackSchema) },
    responses: {
      200: jsonResponse('The changed track', trackSchema),
      ...problemResponses('asset_not_found', 'track_not_found', 'track_refused'),
    },
  }),
  async (c) => {
    const { id, track } = c.req.valid('param');
    const input = c.req.valid('json');
    const { kind, ...before } = findView(await readTrackSet(c.env, id), track);
    requireFit(kind, 'role' in before ? { role: before.role, ...input } : input);
    const change = changeOf(input);
    if (Object.keys(change).length > 0) {
      if ((await changeTrack(c.env.CATALOG, id, track, change, Date.now())) === null) {
        throw new AppError('track_not_found');
      }
      await tryRevise(c.env, id);
    }
    return c.json(findView(await readTrackSet(c.env, id), track), 200);
  },
);

trackRoutes.openapi(
  apiRoute({
    method: 'delete',
    path: '/assets/{id}/tracks/{track}',
    operationId: 'deleteTrack',
    summary: 'Delete a track; sessions that began before play on with it',
    request: { params: trackParams },
    responses: {
      204: { description: 'Deleted' },
      ...problemResponses('asset_not_found', 'track_not_found', 'track_refused'),
    },
  }),
  async (c) => {
    const { id, track } = c.req.valid('param');
    if (findView(await readTrackSet(c.env, id), track).kind === 'video') {
      throw new AppError('track_refused', { detail: 'The picture cannot be deleted' });
    }
    await deleteTrack(c.env.CATALOG, id, track, Date.now());
    await tryRevise(c.env, id);
    return c.body(null, 204);
  },
);
