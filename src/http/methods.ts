/** Methods that a path does not support: 405 with `Allow` (RFC 9110 15.5.6), without asking for a token; and OPTIONS. */
import type { Context } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { AppError } from '../errors.ts';

/**
 * Takes the `routes` of an app. The returned function answers OPTIONS, and throws `method_not_allowed`, where the path has
 * routes but none for the method. Otherwise it returns null: the method has a route, or the path has none.
 */
export function methodsOf(routes: readonly { method: string; path: string }[]): (c: Context) => Response | null {
  const methods = new TrieRouter<string>();
  for (const { method, path } of routes) {
    // ALL is middleware.
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
