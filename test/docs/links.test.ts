/**
 * Every link of the documents leads somewhere: the file is in the repository, the heading is in the file, and every
 * document is reached from README.md. Files are those that Git knows or would add, so a link to what is built fails.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf } from './markdown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT })
  .toString()
  .split('\0')
  .filter((file) => file !== '');
const known = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
const documents = files.filter((file) => /^[^/]+\.md$|^docs\/.*\.md$/.test(file));
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}

const isElsewhere = (target: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(target);

/** The file that a link of `file` leads to, from the root; `file` itself for an anchor alone. */
function fileOf(file: string, target: string): string {
  const [path = ''] = target.split('#');
  return path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path))).replace(/\/$/, '');
}

/** Why a link leads nowhere; null where it leads somewhere. */
function problemOf(file: string, target: string): string | null {
  const to = fileOf(file, target);
  if (!known.has(to)) {
    return `${to} is not in the repository`;
  }
  const [, anchor] = target.split('#');
  if (anchor !== undefined && to.endsWith('.md') && !anchorsOf(textOf(to)).has(anchor)) {
    return `${to} has no heading #${anchor}`;
  }
  return null;
}

describe('links of documents', () => {
  it.each(documents)('%s', (file) => {
    const problems = linksOf(textOf(file)).flatMap(({ target, line }) => {
      const problem = isElsewhere(target) ? null : problemOf(file, target);
      return problem === null ? [] : [`${file}:${line}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  it('reach every document from README.md', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file) || !documents.includes(file)) {
        return;
      }
      reached.add(file);
      for (const { target } of linksOf(textOf(file))) {
        if (!isElsewhere(target)) {
          visit(fileOf(file, target));
        }
      }
    };
    visit('README.md');
    expect(documents.filter((file) => !reached.has(file))).toEqual([]);
  });
});

describe('the check finds', () => {
  it('links, images and addresses in HTML, but nothing in code', () => {
    const text =
      'a [b](c.md) ![d](e.png "t") [![f](g.png)](h.md)\n```\n[no](no.md)\n```\n`[no](no.md)` <img src="i.png">';
    const targets = linksOf(text).map(({ target }) => target);
    expect(targets.toSorted()).toEqual(['c.md', 'e.png', 'g.png', 'h.md', 'i.png']);
  });

  it('headings as GitHub names them', () => {
    const text = '# What an `npm start` runs?\n## A, b & c\n## A, b & c\n```\n# no\n```\n### [Link](x.md): 2.1';
    expect([...anchorsOf(text)]).toEqual(['what-an-npm-start-runs', 'a-b--c', 'a-b--c-1', 'link-21']);
  });

  it('a file and a heading that are not there', () => {
    expect(problemOf('README.md', 'docs/nothing.md')).toContain('docs/nothing.md');
    expect(problemOf('docs/README.md', '../README.md#nothing-of-the-kind')).toContain('#nothing-of-the-kind');
    expect(problemOf('docs/README.md', '../node_modules/zod/README.md')).toContain('node_modules');
  });
});
