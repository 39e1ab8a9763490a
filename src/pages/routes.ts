/**
 * `/watch/{link}` for viewers, `/stats/{assetId}` for operators. Both are static assets; the page itself reads its
 * address. Where the link could play, the film's title and bit rates are written into the watch page.
 */

import { Hono } from 'hono';
import { findAsset } from '../catalog/assets.ts';
import { type AllowedPlayback, decidePlayback, questionOf } from '../delivery/decide-playback.ts';
import type { DeliveryEnv } from '../delivery/delivery-env.ts';
import { isolateOf } from '../delivery/isolate.ts';
import { videoTracks } from '../media/presentation.ts';
import type { Bindings } from '../platform/bindings.ts';
import { log } from '../platform/log.ts';

/** Only our own scripts, nothing from elsewhere; the address must not leak by Referer. */
const headersOf = (policy: string, cacheControl: string) => ({
  'content-security-policy': `default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; ${policy}`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': cacheControl,
});

/** By the page's file. Media comes from this origin, MSE needs blob:, Shaka styles its texts inline. */
const PAGES = {
  '/watch': headersOf(
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; frame-ancestors *",
    'private, no-cache',
  ),
  // Operators type a token in here: no other page may frame it.
  '/stats': headersOf("style-src 'self'; img-src 'self'; frame-ancestors 'none'", 'no-cache'),
} as const;

async function servePage(assets: Fetcher, page: keyof typeof PAGES, url: string): Promise<Response> {
  const file = await assets.fetch(new URL(page, url));
  const response = new Response(file.body, file);
  for (const [name, value] of Object.entries(PAGES[page])) {
    response.headers.set(name, value);
  }
  return response;
}

/** Of what the link allows, by height: `{"720": [average, peak]}`. */
function bitRatesOf({ presentation }: AllowedPlayback): string {
  const videos = videoTracks(presentation);
  return JSON.stringify(
    Object.fromEntries(videos.map(({ height, bandwidth }) => [height, [bandwidth.average, bandwidth.peak]])),
  );
}

/** The rewriter escapes what it is given. */
function tellFilm(page: Response, title: string, bitRates: string): Response {
  page.headers.delete('etag'); // It is the file's.
  return new HTMLRewriter()
    .on('html', { element: (html) => void html.setAttribute('data-bit-rates', bitRates) })
    .on('title', { element: (element) => void element.setInnerContent(`${title} · Sluice`) })
    .on('h1', { element: (heading) => void heading.setAttribute('class', 'title').setInnerContent(title) })
    .transform(page);
}

type PagesEnv = Pick<Bindings, 'CATALOG'> & DeliveryEnv & { ASSETS: Fetcher };

export const pageRoutes = new Hono<{ Bindings: PagesEnv }>();

pageRoutes.get('/watch/:link', async (c) => {
  const page = await servePage(c.env.ASSETS, '/watch', c.req.url);
  try {
    const { allowed } = await decidePlayback(isolateOf(c.env), questionOf(c.req.param('link'), c.req.raw));
    const asset = allowed && (await findAsset(c.env.CATALOG, allowed.assetId));
    // A link that could not play: the page then learns by itself why.
    return allowed === null || asset === null ? page : tellFilm(page, asset.title, bitRatesOf(allowed));
  } catch (error) {
    // The film may play without its title.
    log.warn({ event: 'watch_title_unknown', reason: String(error) });
    return page;
  }
});
pageRoutes.get('/stats/:assetId', (c) => servePage(c.env.ASSETS, '/stats', c.req.url));
