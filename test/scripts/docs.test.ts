/** docs/ says what the code says: `npm run docs` would change nothing. And how it finds the parts that it may change. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../bench/record.ts';
import { benchText, mergeCells } from '../../scripts/docs/benchmarks.ts';
import { variablesOf } from '../../scripts/docs/configuration.ts';
import { type JsonSchema, typeOf } from '../../scripts/docs/json-schema.ts';
import { numberIn } from '../../scripts/docs/limits.ts';
import { fillBlocks, markdownTable } from '../../scripts/docs/markdown.ts';
import { PLAYER_URLS } from '../../scripts/docs/urls.ts';
import { ROOT } from '../../scripts/system.ts';
import { parseDeliveryPath, splitSessionPath } from '../../src/media/delivery-path.ts';
import { REQUEST_KINDS } from '../../src/metrics/metric-series.ts';

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

describe('runs of a benchmark', () => {
  it.each([
    [['1.06', '0.88', '0.97'], '0.97 (0.88–1.06)'],
    [['1,478 s', '159 s', '1,600 s'], '1,478 s (159–1,600)'],
    [['$0.02', '$0.02', '$0.02'], '$0.02'],
    [['1', '2', '40', '3'], '3 (1–40)'],
    [['1.0', '2.0', '4.0', '3.0'], '2.5 (1.0–4.0)'],
    [['-0.5', '0.5', '-1.5'], '-0.5 (-1.5–0.5)'],
    [['-', '3', '4'], '-; 3; 4'],
    [['3 s', '4 ms'], '3 s; 4 ms'],
  ])('%j', (cells, text) => {
    expect(mergeCells(cells)).toBe(text);
  });

  const run = (setting: string, value: string, boundsHeld = true): Run => ({
    ...{ date: '2026-11-28', setting, machine: '2 × CPU', loadBefore: 1, boundsHeld },
    tables: [{ head: ['', 's'], rows: [['a', value]] }],
  });

  it('are told apart by setting, and say how many they are and whether a bound was missed', () => {
    const text = benchText([run('', '1'), run('', '3'), run('', '2', false), run('SIZE=9', '7')]);
    expect(text).toContain('| a | 2 (1–3) |');
    expect(text).toContain(
      'Median (least–most) of 3 runs, 2026-11-28, 2 × CPU, load before 1.0. A bound was missed in 1',
    );
    expect(text).toContain('| a | 7 |');
    expect(text).toContain('One run, 2026-11-28, 2 × CPU, load before 1.0; `SIZE=9`.');
  });
});

it.each([
  ['200_000', 200_000],
  ['12 * 3600', 43_200],
  ['4.9 * 1024 ** 3', 4.9 * 1024 ** 3],
  ['MIB * 2', Number.NaN],
])('the number in %s', (expression, value) => {
  expect(numberIn(expression)).toBe(value);
});

describe('URLs of players', () => {
  const steps = { track: 'v720', attempt: '1', number: '2', file: 'poster.jpg', session: 'x', link: 'x' };
  const others = { offset: '0', length: '9', language: 'en' };
  const filled = (path: string) =>
    Object.entries({ ...steps, ...others }).reduce((text, [name, value]) => text.replace(`{${name}}`, value), path);

  it('are of every kind that delivery counts', () => {
    const kinds = Object.entries(REQUEST_KINDS).filter(([kind, plane]) => plane === 'delivery' && kind !== 'other');
    expect(new Set(PLAYER_URLS.map(({ kind }) => kind))).toEqual(new Set(kinds.map(([kind]) => kind)));
  });

  it.each(PLAYER_URLS.filter(({ path }) => path.startsWith('/s/')))('$path is read as $kind', ({ kind, path }) => {
    expect(parseDeliveryPath(splitSessionPath(filled(path))?.path ?? '')?.kind).toBe(kind);
  });
});
