/** What comments and messages cite is in docs: the file, and the number of the rule in docs/architecture/conformance.md. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { anchorsOf } from './markdown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const CODE = [
  'src',
  'encoder',
  'console',
  'scripts',
  'bench',
  'deploy',
  '*.toml',
  'test/src',
  'test/e2e',
  'test/encoder',
];
const files = execFileSync('git', ['ls-files', '-z', '--', ...CODE], { cwd: ROOT })
  .toString()
  .split('\0')
  .filter((file) => /\.(ts|mjs|js|sql|toml|yaml)$/.test(file) && existsSync(join(ROOT, file)));

function citedBy(pattern: RegExp): { file: string; cited: string }[] {
  return files.flatMap((file) => [...read(file).matchAll(pattern)].map(([, cited = '']) => ({ file, cited })));
}

it('files of docs, and their headings', () => {
  const citations = citedBy(/\b(docs\/[\w./-]+\.md(?:#[\w-]+)?)/g);
  expect(citations.length).toBeGreaterThan(5);
  const lost = citations.filter(({ cited }) => {
    const [file = '', anchor] = cited.split('#');
    return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(read(file)).has(anchor));
  });
  expect(lost).toEqual([]);
});

/** `HAS 1.26, 1.27`, and what the publish check says: `has-1.26`. */
const rulesOf = (list: string): string[] => list.split(/, | and /);
const HAS = /\bHAS ([0-9]+\.[0-9]+(?:(?:, | and )[0-9]+\.[0-9]+)*)/g;

it('rules of the HLS authoring specification, by their number', () => {
  const known = [...read('docs/architecture/conformance.md').matchAll(HAS)].flatMap(([, list = '']) => rulesOf(list));
  const comments = citedBy(HAS).flatMap(({ file, cited }) => rulesOf(cited).map((rule) => ({ file, cited: rule })));
  const messages = citedBy(/'has-([0-9]+\.[0-9]+)'/g);
  expect(messages.length).toBeGreaterThan(10);
  expect([...comments, ...messages].filter(({ cited }) => !known.includes(cited))).toEqual([]);
});
