/** `/watch/{link}`: the watch page, a static asset; the link stays in the address bar and is read by the page itself. */
import { Hono } from 'hono';

/** The page runs only our own scripts; media comes from this origin, MSE needs blob:. The link must not leak by Referer. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors *",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
} as const;

export const watchRoutes = new Hono<{ Bindings: { ASSETS: Fetcher } }>();

watchRoutes.get('/watch/:link', async (c) => {
  const page = await c.env.ASSETS.fetch(new URL('/watch', c.req.url));
  const response = new Response(page.body, page);
  for (const [name, value] of Object.entries(PAGE_HEADERS)) {
    response.headers.set(name, value);
  }
  return response;
});
