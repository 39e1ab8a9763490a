/** `/v1/assets/{id}/tracks/{track}/text`: the cues of a text track as a file. */

import { z } from '@hono/zod-openapi';
import { changeTrack } from '../../catalog/tracks.ts';
import { warningsText } from '../../catalog/warnings.ts';
import { AppError } from '../../errors.ts';
import { apiRoute, jsonResponse, newRouter, problemResponses } from '../../http/router.ts';
import type { TextKind } from '../../media/presentation.ts';
import { fitCues, shiftCues } from '../../media/text/cue.ts';
import { parseText } from '../../media/text/parse-text.ts';
import { writePlainText, writeSrt, writeWebVtt } from '../../media/text/write-text.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { tryRevise } from '../revisions/revise.ts';
import { CONTENT_ERRORS, checkText, readSource, storeContent } from './content.ts';
import { replaceTextSchema, type TrackView, trackParams, trackSchema } from './schemas.ts';
import { givenAsJson, rawBody, textBody } from './text-body.ts';
import { findView, readTrackSet, type TrackSet, wishesOf } from './track-set.ts';

const FORMATS = {
  vtt: { type: 'text/vtt', write: writeWebVtt },
  srt: { type: 'application/x-subrip', write: writeSrt },
  txt: { type: 'text/plain', write: writePlainText },
} as const;
const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];

/** Throws `track_not_found`, and `track_refused` for a track of another kind. */
function findText(set: TrackSet, id: string): TrackView & { kind: TextKind } {
  const view = findView(set, id);
  if (view.kind === 'audio' || view.kind === 'video') {
    throw new AppError('track_refused', { detail: 'It has no text' });
  }
  return view;
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
      ...problemResponses('asset_not_found', 'track_not_found', 'track_refused', ...CONTENT_ERRORS),
    },
  }),
  async (c) => {
    const { id, track } = c.req.valid('param');
    const set = await readTrackSet(c.env, id);
    const { language } = findText(set, track);
    const bytes = (await rawBody(c.req)) ?? (await readSource(c.env, givenAsJson(c.req.valid('json'))));
    const warnings = checkText(bytes, language, set.asset.duration_seconds);
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
    const { language } = findText(set, track);
    const made = wishesOf(set).find(({ id: wished }) => wished === track)?.made;
    if (made === undefined) {
      throw new AppError('track_not_found', { detail: 'Its cues are not there yet' });
    }
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
