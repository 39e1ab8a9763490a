/** `/healthz`: whether this deployment can serve at all. Open to everyone, tells nothing but yes or no. */
import { Hono } from 'hono';
import { configOf } from '../config.ts';
import { AppError } from '../errors.ts';

export const healthRoutes = new Hono<{ Bindings: object }>();

healthRoutes.get('/healthz', (c) => {
  try {
    configOf(c.env);
  } catch (error) {
    throw new AppError('unavailable', { cause: error });
  }
  return c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' });
});
