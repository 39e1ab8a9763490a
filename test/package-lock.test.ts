/** package-lock.json: what `npm ci` installs is what was reviewed, from whichever registry it comes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({ integrity: z.string().optional(), resolved: z.string().optional(), link: z.literal(true).optional() }),
  ),
});
const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
const { '': project, ...all } = lockSchema.parse(JSON.parse(text)).packages;
/** Without the workspaces, which are folders of this repository, and the links to them. */
const packages = Object.fromEntries(
  Object.entries(all).filter(([path, { link }]) => path.includes('node_modules/') && link !== true),
);

test('every package has its hash, also those for other platforms', () => {
  expect(project).toBeDefined();
  expect(Object.keys(packages).length).toBeGreaterThan(200);
  // npm leaves it out where it made the entry from an installed tree: remove the entry, `npm install --package-lock-only`.
  const without = Object.entries(packages).filter(
    ([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''),
  );
  expect(without.map(([path]) => path)).toEqual([]);
});

test('no package is bound to the registry of the machine that locked it', () => {
  expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});
