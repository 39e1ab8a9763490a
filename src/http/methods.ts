/** Methods that a path does not take: 405 with `Allow` (RFC 9110 15.5.6), also before a token is asked for; and OPTIONS. */
import type { Context } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { AppError } from '../errors.ts';

/** Of an app's `routes`; middleware has the method ALL. */
type Route = { method: string; path: string };

/**
 * A function that answers OPTIONS, and throws `method_not_allowed`, where the routes know the path and not its method.
 * Otherwise it returns null: the method is one of the path's, or there is no such path.
 */
export function methodsOf(routes: readonly Route[]): (c: Context) => Response | null {
  const methods = new TrieRouter<string>();
  for (const { method, path } of routes) {
    if (method !== 'ALL') {
      methods.add('ALL', path, method);
    }
  }
  return (c) => {
    const known = new Set(methods.match('ALL', c.req.path)[0].map(([method]) => method));
    if (known.has('GET')) {
      known.add('HEAD');
    }
    if (known.size === 0 || known.has(c.req.method)) {
      return null;
    }
    const allow = [...known.add('OPTIONS')].join(', ');
    if (c.req.method === 'OPTIONS') {
      return c.body(null, 204, { allow });
    }
    throw new AppError('method_not_allowed', { headers: { allow } });
  };
}
