/** docs/guide/players.md shows what the browser tests run: test/e2e/network-cuts.test.ts opens these pages. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const blocks = [...read('docs/guide/players.md').matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

describe.each(['hls-js', 'shaka', 'dash-js'])('the example of %s', (name) => {
  const example = blocks.find((code) => code.includes(`./embed/${name}.js`)) ?? '';
  const [imports = '', use = ''] = example.split('\n\n');

  test('imports what there is', () => {
    const [, exported = ''] = /import \{ (\w+) \} from '\.\/embed/.exec(imports) ?? [];
    expect(read(`console/src/embed/${name}.js`)).toContain(`export function ${exported}(`);
  });

  test.each(use.trim().split('\n'))('runs `%s`', (line) => {
    expect(read(`test/console/players/kept-${name}.ts`)).toContain(line);
  });
});
