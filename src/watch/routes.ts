/**
 * The pages whose address carries something: `/watch/{link}` for people who watch, `/stats/{assetId}` for those who look
 * after it. Static assets both; what stands in the address is read by the page itself.
 */
import { Hono } from 'hono';

/** Only our own scripts, nothing from elsewhere; what stands in the address must not leak by Referer. */
const headersOf = (policy: string) => ({
  'content-security-policy': `default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; ${policy}`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
});

/** By the page's file. Media comes from this origin, MSE needs blob:, Shaka styles its texts inline. */
const PAGES = {
  '/watch': headersOf(
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; frame-ancestors *",
  ),
  // A token is typed in here: no other page may frame it.
  '/stats': headersOf("style-src 'self'; img-src 'self'; frame-ancestors 'none'"),
} as const;

async function servePage(assets: Fetcher, page: keyof typeof PAGES, url: string): Promise<Response> {
  const file = await assets.fetch(new URL(page, url));
  const response = new Response(file.body, file);
  for (const [name, value] of Object.entries(PAGES[page])) {
    response.headers.set(name, value);
  }
  return response;
}

export const pageRoutes = new Hono<{ Bindings: { ASSETS: Fetcher } }>();

pageRoutes.get('/watch/:link', (c) => servePage(c.env.ASSETS, '/watch', c.req.url));
pageRoutes.get('/stats/:assetId', (c) => servePage(c.env.ASSETS, '/stats', c.req.url));
