/** A change that has begun is finished, recorded and its answer kept, although its client has gone away. */
import { waitUntil } from 'cloudflare:workers';
import { createMiddleware } from 'hono/factory';

/** Without it the runtime stops a call at any point when its client disconnects. It then has 30 seconds more. */
export const finishChanges = createMiddleware(async function finishChanges(c, next) {
  const work = next();
  if (c.req.method !== 'GET') {
    waitUntil(work.catch(() => {}));
  }
  await work;
});
