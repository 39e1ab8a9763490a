/** `/v1/assets/{id}/tracks/{track}/text`: the cues of a text track as a file. */

import { z } from '@hono/zod-openapi';
import { changeTrack } from '../../catalog/tracks.ts';
import { warningsText } from '../../catalog/warnings.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import { fitCues, shiftCues } from '../../media/text/cue.ts';
import { parseText } from '../../media/text/parse-text.ts';
import { writePlainText, writeSrt, writeWebVtt } from '../../media/text/write-text.ts';
import type { Bindings } from '../../platform/bindings.ts';
import type { TextWish } from '../revisions/overlay.ts';
import { tryRevise } from '../revisions/revise.ts';
import { checkText, readSource, storeContent } from './content.ts';
import { replaceTextSchema, trackParams, trackSchema } from './schemas.ts';
import { givenAsJson, rawBody, textBody } from './text-body.ts';
import { findView, readTrackSet, type TrackSet, wishesOf } from './track-set.ts';

const FORMATS = {
  vtt: { type: 'text/vtt', write: writeWebVtt },
  srt: { type: 'application/x-subrip', write: writeSrt },
  txt: { type: 'text/plain', write: writePlainText },
} as const;
const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];

/** Throws `track_not_found`, and `track_refused` for a track of another kind. */
function findWish(set: TrackSet, id: string): TextWish {
  const wish = wishesOf(set).find((text) => text.id === id);
  if (wish === undefined) {
    throw ['audio', 'video'].includes(findView(set, id).kind)
      ? new AppError('track_refused', { detail: 'It has no text' })
      : new AppError('track_not_found', { detail: 'Its cues are not there yet' });
  }
  return wish;
}

export const trackTextRoutes = newRouter<Bindings>();

trackTextRoutes.openapi(
  apiRoute({
    method: 'put',
    path: '/assets/{id}/tracks/{track}/text',
    operationId: 'replaceTrackText',
    summary: 'Replace the cues of a text track',
    request: { params: trackParams, body: textBody(replaceTextSchema) },
    responses: {
      200: jsonResponse('The track', trackSchema),
      ...problemResponses(
        'asset_not_found',
        'track_not_found',
        'track_refused',
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
    const { id, track } = c.req.valid('param');
    const set = await readTrackSet(c.env, id);
    const view = findView(set, track);
    if (view.kind === 'audio' || view.kind === 'video') {
      throw new AppError('track_refused', { detail: 'It has no text' });
    }
    const bytes =
      (await rawBody(c.req)) ??
      (await readSource(c.env.MEDIA, givenAsJson(c.req.valid('json')), configOf(c.env).SOURCE_LOOPBACK === 'on'));
    const warnings = checkText(bytes, view.language, set.asset.duration_seconds);
    const change = {
      content: await storeContent(c.env, id, bytes),
      warnings: warningsText(warnings),
      state: 'ready',
      error_code: null,
      error_message: null,
    } as const;
    if ((await changeTrack(c.env.CATALOG, id, track, change, Date.now())) === null) {
      throw new AppError('track_not_found');
    }
    await tryRevise(c.env, id);
    return c.json(findView(await readTrackSet(c.env, id), track), 200);
  },
);

trackTextRoutes.openapi(
  apiRoute({
    method: 'get',
    path: '/assets/{id}/tracks/{track}/text',
    operationId: 'getTrackText',
    summary: 'Download the cues of a text track, as they are shown',
    request: { params: trackParams, query: z.object({ format: z.enum(FORMAT_NAMES).default('vtt') }) },
    responses: {
      200: {
        description: 'The whole track',
        content: Object.fromEntries(FORMAT_NAMES.map((name) => [FORMATS[name].type, { schema: z.string() }])),
      },
      ...problemResponses('asset_not_found', 'track_not_found', 'track_refused'),
    },
  }),
  async (c) => {
    const { id, track } = c.req.valid('param');
    const { format } = c.req.valid('query');
    const set = await readTrackSet(c.env, id);
    const { made, language } = findWish(set, track);
    const object = await c.env.MEDIA.get(made.key);
    if (object === null) {
      throw new AppError('track_not_found', { detail: 'Its file is gone' });
    }
    // It was read when it was added.
    const { cues } = parseText(new Uint8Array(await object.arrayBuffer()), { language });
    const durationSeconds = set.asset.duration_seconds ?? Number.POSITIVE_INFINITY;
    const shown = fitCues(shiftCues(cues, made.shiftMs), durationSeconds * 1000).cues;
    const { type, write } = FORMATS[format];
    return c.body(write(shown), 200, {
      'content-type': `${type}; charset=utf-8`,
      // An id is safe in a header, and as the name of a file.
      'content-disposition': `attachment; filename="${track}.${format}"`,
    });
  },
);
