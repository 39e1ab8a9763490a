/** Scopes of API tokens: a resource, and whether it is read or changed. Pure. */

/** The resource of a path: the first row that fits. */
const RESOURCES = [
  [/^\/assets\/[^/]+\/links$|^\/links\//, 'links'],
  [/^\/assets\/[^/]+\/(views|retention)\b|^\/(views|viewers)\//, 'views'],
  [/^\/assets\b/, 'assets'],
  [/^\/uploads\b/, 'uploads'],
  [/^\/(jobs|tasks|encoders)\b/, 'jobs'],
  [/^\/signing-keys\b/, 'keys'],
  [/^\/revocations\b/, 'revocations'],
  [/^\/events\b/, 'events'],
  [/^\/webhooks\b/, 'webhooks'],
  [/^\/(api-tokens|audit)\b/, 'tokens'],
  [/^\/gc-runs\b/, 'gc'],
] as const;

type Resource = (typeof RESOURCES)[number][1];
export type Scope = `${Resource}:${'read' | 'write'}`;

/** A scope to write includes the one to read. */
export const SCOPES: readonly Scope[] = [...new Set(RESOURCES.map(([, resource]) => resource))].flatMap(
  (resource): Scope[] => [`${resource}:read`, `${resource}:write`],
);

/** Operations that only read, by POST because their input is too long for a query. */
const QUESTIONS = ['/links/explain'];

/** A token may always ask what it is. */
const ANY_TOKEN = ['/api-tokens/current'];

export const hasScope = (scopes: readonly string[], needed: string): boolean =>
  scopes.includes(needed) || scopes.includes(needed.replace(/:read$/, ':write'));

/** The scopes that an operation needs: one, or none where any token will do. Throws RangeError for a path of no resource. */
export function scopesOf(method: string, path: string): Scope[] {
  if (ANY_TOKEN.includes(path)) {
    return [];
  }
  const [, resource] = RESOURCES.find(([pattern]) => pattern.test(path)) ?? [];
  if (resource === undefined) {
    throw new RangeError(`${path} belongs to no resource: add a row to src/http/scopes.ts`);
  }
  return [`${resource}:${method === 'get' || QUESTIONS.includes(path) ? 'read' : 'write'}`];
}
