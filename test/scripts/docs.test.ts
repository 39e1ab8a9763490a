/** docs/ says what the code says: `npm run docs` would change nothing. And how it finds the parts that it may change. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variablesOf } from '../../scripts/docs/configuration.ts';
import { type JsonSchema, typeOf } from '../../scripts/docs/json-schema.ts';
import { fillBlocks, markdownTable } from '../../scripts/docs/markdown.ts';
import { ROOT } from '../../scripts/system.ts';

it('the generated blocks of docs/ are up to date', () => {
  // In a process of its own: reading the OpenAPI document hooks into Node's module loader, which vitest's passes by.
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/docs.ts'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe('blocks', () => {
  const writers = { table: (argument: string) => `written ${argument}`.trim() };

  it.each([
    [
      'an empty one',
      'a\n<!-- generated: table -->\n<!-- end -->\nb',
      'a\n<!-- generated: table -->\nwritten\n<!-- end -->\nb',
    ],
    [
      'what stood there goes',
      '<!-- generated: table x y -->\nold\n\nold\n<!-- end -->',
      '<!-- generated: table x y -->\nwritten x y\n<!-- end -->',
    ],
    [
      'two, and what stands between them stays',
      '<!-- generated: table 1 -->\n<!-- end -->\nby hand\n<!-- generated: table 2 -->\nold\n<!-- end -->\n',
      '<!-- generated: table 1 -->\nwritten 1\n<!-- end -->\nby hand\n<!-- generated: table 2 -->\nwritten 2\n<!-- end -->\n',
    ],
    ['none', 'by hand\n', 'by hand\n'],
  ])('%s', (_, before, after) => {
    expect(fillBlocks(before, writers)).toBe(after);
    expect(fillBlocks(after, writers)).toBe(after);
  });

  it('of a name that nobody writes is an error', () => {
    expect(() => fillBlocks('<!-- generated: tabel -->\n<!-- end -->', writers)).toThrow(/tabel/);
  });

  it('cells may hold bars and line feeds', () => {
    expect(markdownTable(['a', 'b'], [['x|y', '1\n2']])).toBe('| a | b |\n|---|---|\n| x\\|y | 1 2 |');
  });
});

describe('types', () => {
  it.each<[JsonSchema, string]>([
    [{ type: 'integer', minimum: 1, maximum: 5 }, 'integer 1–5'],
    [{ type: 'number', minimum: 0 }, 'number ≥ 0'],
    [{ type: ['string', 'null'], format: 'date-time' }, 'date-time or null'],
    [{ type: 'string', minLength: 1, maxLength: 200 }, 'string, 1–200 characters'],
    [{ type: 'array', items: { $ref: '#/components/schemas/Asset' } }, 'array of [Asset](#asset)'],
    [{ type: 'array', prefixItems: [{ type: 'integer' }, { type: 'integer' }] }, '[integer, integer]'],
    [{ enum: ['on', 'off'] }, '`on`, `off`'],
    [{ anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1 }] }, '`auto` or integer ≥ 1'],
    [{}, 'any'],
  ])('%j', (schema, text) => {
    expect(typeOf(schema)).toBe(text);
  });
});

it('deployed variables are those that wrangler.toml sets, not those in comments', () => {
  expect(variablesOf('[vars]\n# PUBLIC_URL = "x"\nEDGE_CACHE = "both"\n\n[assets]\nbinding = "ASSETS"\n')).toEqual({
    EDGE_CACHE: 'both',
  });
});
