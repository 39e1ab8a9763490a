/** The scope of an operation follows from its method and path. */
import { expect, test } from 'vitest';
import { hasScope, SCOPES, scopesOf } from '../../../src/http/scopes.ts';

test.each([
  ['get', '/assets/{id}', ['assets:read']],
  ['post', '/assets/{id}/tracks', ['assets:write']],
  ['post', '/assets/{id}/links', ['links:write']],
  ['post', '/links/explain', ['links:read']],
  ['get', '/assets/{id}/views/events', ['views:read']],
  ['delete', '/viewers/{viewer}', ['views:write']],
  ['get', '/audit', ['tokens:read']],
  ['get', '/api-tokens/current', []],
])('%s %s: %j', (method, path, scopes) => {
  expect(scopesOf(method, path)).toEqual(scopes);
});

test('a path of no resource has no scope', () => {
  expect(() => scopesOf('get', '/assetsx')).toThrow(RangeError);
});

test('to write includes to read, of the same resource', () => {
  expect(hasScope(['assets:write'], 'assets:read')).toBe(true);
  expect(hasScope(['assets:read'], 'assets:write')).toBe(false);
  expect(hasScope(['links:write'], 'assets:read')).toBe(false);
  expect(SCOPES.every((scope) => hasScope([scope], scope))).toBe(true);
});
