/** Which operation of the OpenAPI document a request is for. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';

export type Operation = {
  /** Undefined: the document does not have it. */
  id: string | undefined;
  /** Below /v1. */
  path: string;
  /** Of API tokens, all of which it needs; null where it does not say. */
  scopes: readonly string[] | null;
};

/** Undefined where no route has the request's path. */
export type FindOperation = (c: Context) => Operation | undefined;

type Router = { openAPIRegistry: OpenAPIHono['openAPIRegistry'] };

function declaredBy({ openAPIRegistry: { definitions } }: Router): Map<string, Operation> {
  const routes = definitions.flatMap((definition) => (definition.type === 'route' ? [definition.route] : []));
  return new Map(
    routes.map(({ method, path, operationId, security = [] }) => {
      const scopes = security.find((scheme) => 'apiToken' in scheme)?.['apiToken'] ?? null;
      return [`${method.toUpperCase()} ${path}`, { id: operationId, path, scopes }];
    }),
  );
}

/** Of `router`, which is mounted at `prefix`. */
export function operationsOf(router: Router, prefix: string): FindOperation {
  let declared: Map<string, Operation> | undefined;
  return (c) => {
    // With the first request, when all routes are mounted.
    declared ??= declaredBy(router);
    // ALL is middleware.
    const routes = matchedRoutes(c).filter(({ method }) => method !== 'ALL');
    const paths = routes.map(({ path }) => path.slice(prefix.length).replaceAll(/:(\w+)/g, '{$1}'));
    // Of several routes that fit, the first one answers, unless it passes the request on, as plain routes may.
    for (const [index, path] of paths.entries()) {
      const operation = declared.get(`${routes[index]?.method} ${path}`);
      if (operation !== undefined) {
        return operation;
      }
    }
    const [path] = paths;
    return path === undefined ? undefined : { id: undefined, path, scopes: null };
  };
}
