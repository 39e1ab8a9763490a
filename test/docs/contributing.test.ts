/** CONTRIBUTING.md names every dependency with its reason, and commands that there are. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const contributing = read('CONTRIBUTING.md');
const manifest = JSON.parse(read('package.json'));
const client = JSON.parse(read('client/package.json'));

const [, dependencies = ''] = contributing.split('## Dependencies');
const named = (text: string): string[] => [...text.matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name);

it('has a reason for each dependency, and none for what is not there', () => {
  const reasons = dependencies.split('\n').flatMap((line) => named(/^\| (`.*?) \| ./.exec(line)?.[1] ?? ''));
  const runtime = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...client.dependencies });
  expect(reasons.toSorted()).toEqual(runtime.toSorted());
});

it('names each package that only development needs', () => {
  const [, development = ''] = dependencies.split('Only for development:');
  const packages = Object.keys({ ...manifest.devDependencies, ...client.devDependencies });
  expect(named(development)).toEqual(expect.arrayContaining(packages));
});

it('names commands that there are', () => {
  const commands = [...contributing.matchAll(/npm (?:run )?([a-z][a-z:]*)/g)].map(([, name = '']) => name);
  expect(commands.length).toBeGreaterThan(15);
  expect([...new Set(commands)].filter((name) => !(name in manifest.scripts))).toEqual([]);
});
