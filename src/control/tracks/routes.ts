/** `/v1/assets/{id}/tracks`: list, add, change, delete. */

import { z } from '@hono/zod-openapi';
import { changeTrack, deleteTrack, insertTrack, type NewTrack, type TrackChange } from '../../catalog/tracks.ts';
import { warningsText } from '../../catalog/warnings.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonBody, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { MAX_TEXT_TRACKS } from '../../media/limits.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { refusedHost } from '../../platform/public-hosts.ts';
import type { SettleEnv } from '../encoding/workflow/settle-jobs.ts';
import { startDub } from '../encoding/workflow/start-dub.ts';
import { assetParams } from '../resources/schemas.ts';
import { isAddedTrack, newTrackId } from '../revisions/added-tracks.ts';
import { tryRevise } from '../revisions/revise.ts';
import { checkText, readSource, storeContent } from './content.ts';
import {
  addTextQuerySchema,
  addTrackSchema,
  changeTrackSchema,
  type TrackChangeInput,
  type TrackSource,
  type TrackView,
  trackListSchema,
  trackParams,
  trackSchema,
} from './schemas.ts';
import { givenAsJson, rawBody, textBody } from './text-body.ts';
import { findView, readTrackSet, requireRoom, type TrackSet, trackViews } from './track-set.ts';

type Wanted = Pick<z.infer<typeof addTrackSchema>, 'kind' | 'language' | 'name' | 'role' | 'default'>;

/** Two calls at once may choose the same id; an asset has no more tracks to do so. */
const ID_TRIES = MAX_TEXT_TRACKS;

/** Throws `asset_not_found` where the asset has gone meanwhile. */
async function insertNew(env: Bindings, set: TrackSet, wanted: Wanted, rest: Partial<NewTrack>): Promise<string> {
  const { kind, language, name = null, role = null } = wanted;
  const taken = new Set(set.rows.keys());
  for (let tries = 1; tries <= ID_TRIES; tries++) {
    const id = newTrackId(kind, language, (known) => taken.has(known));
    const labels = { id, kind, language, name, role, is_default: Number(wanted.default ?? false), content: null };
    if (await insertTrack(env.CATALOG, set.asset.id, { ...labels, ...rest }, Date.now())) {
      return id;
    }
    taken.add(id);
  }
  throw new AppError('asset_not_found');
}

/** Throws AppError where a label does not fit the kind of track. */
function requireFit(kind: TrackView['kind'], change: TrackChangeInput): void {
  const refuse = (detail: string) => {
    throw new AppError('track_refused', { detail });
  };
  if (kind === 'video') {
    refuse('The picture has no labels');
  }
  if (kind === 'audio' && (change.kind !== undefined || change.shiftMs !== undefined)) {
    refuse('Only text has a kind that can change and is shifted');
  }
  if (kind !== 'audio' && change.role !== undefined) {
    refuse('Only sound has a role');
  }
  if (change.default === true && (change.kind ?? kind) === 'forced') {
    refuse('Players show forced subtitles without being asked: they are no default');
  }
}

async function addText(env: Bindings, assetId: string, wanted: Wanted, bytes: Uint8Array): Promise<string> {
  requireFit(wanted.kind, { role: wanted.role, default: wanted.default });
  const set = await readTrackSet(env, assetId);
  requireRoom(set, wanted.kind);
  const warnings = warningsText(checkText(bytes, wanted.language, set.asset.duration_seconds));
  return await insertNew(env, set, wanted, { content: await storeContent(env, assetId, bytes), warnings });
}

/** The row waits for its sound to be encoded. */
async function addSound(env: Bindings, assetId: string, wanted: Wanted, source: TrackSource): Promise<string> {
  const set = await readTrackSet(env, assetId);
  requireRoom(set, 'audio');
  if ('url' in source) {
    const refused = refusedHost(source.url, configOf(env).SOURCE_LOOPBACK === 'on');
    if (refused !== null) {
      throw new AppError('source_refused', { detail: `It may not be read from there: ${refused}` });
    }
  } else if ((await env.MEDIA.head(source.object)) === null) {
    throw new AppError('source_not_found', { detail: `There is no object ${source.object}` });
  }
  const content = 'object' in source ? { content: source.object } : { content_url: source.url };
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
        ...jsonResponse('The sound; it is encoded and then becomes part of the version', trackSchema),
        headers: z.object({ location: z.string() }),
      },
      ...problemResponses(
        'asset_not_found',
        'track_refused',
        'tracks_full',
        'text_unreadable',
        'text_too_long',
        'text_empty',
        'source_not_found',
        'source_refused',
        'unavailable',
      ),
    },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const answer = async (track: string) => {
      const view = findView(await readTrackSet(c.env, id), track);
      return c.json(view, view.kind === 'audio' ? 202 : 201, { location: `/v1/assets/${id}/tracks/${track}` });
    };
    const raw = await rawBody(c.req);
    if (raw !== null) {
      const { kind = 'subtitles', language, name, default: isDefault } = c.req.valid('query');
      if (language === undefined) {
        throw new AppError('invalid_request', { extra: { errors: [{ path: 'language', message: 'is required' }] } });
      }
      const track = await addText(c.env, id, { kind, language, name, default: isDefault === 'true' }, raw);
      await tryRevise(c.env, id);
      return await answer(track);
    }
    const { source, ...wanted } = givenAsJson(c.req.valid('json'));
    if (wanted.kind === 'audio') {
      const track = await addSound(c.env, id, wanted, source);
      await startDub(c.env, id);
      return await answer(track);
    }
    // Before the file is read: an unknown asset is told at once.
    await readTrackSet(c.env, id);
    const bytes = await readSource(c.env.MEDIA, source, configOf(c.env).SOURCE_LOOPBACK === 'on');
    const track = await addText(c.env, id, wanted, bytes);
    await tryRevise(c.env, id);
    return await answer(track);
  },
);

/** Names and roles that are taken away are stored as empty: null would be what the source has. */
function changeOf({ language, name, role, kind, shiftMs, ...change }: TrackChangeInput): TrackChange {
  return {
    ...(language === undefined ? {} : { language }),
    ...(name === undefined ? {} : { name: name ?? '' }),
    ...(role === undefined ? {} : { role: role ?? '' }),
    ...(kind === undefined ? {} : { kind }),
    ...(shiftMs === undefined ? {} : { shift_ms: shiftMs }),
    ...(change.default === undefined ? {} : { is_default: Number(change.default) }),
  };
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
    requireFit(kind, input);
    const role = input.role === undefined && 'role' in before ? before.role : input.role;
    if (input.default === true && typeof role === 'string') {
      throw new AppError('track_refused', {
        detail: 'The film begins with its own sound: a track with a role is no default',
      });
    }
    const change = changeOf(input);
    if (Object.keys(change).length > 0) {
      const changed = await changeTrack(
        c.env.CATALOG,
        { assetId: id, id: track, isOfSource: !isAddedTrack(track) },
        change,
        Date.now(),
      );
      if (changed === null) {
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
    await deleteTrack(c.env.CATALOG, { assetId: id, id: track, isOfSource: !isAddedTrack(track) }, Date.now());
    await tryRevise(c.env, id);
    return c.body(null, 204);
  },
);
