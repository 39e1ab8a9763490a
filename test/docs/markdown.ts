/** Reads Markdown as far as checking its links takes: anchors of headings, targets of links. Code is left out. */

type Link = { target: string; line: number };

/** Lines of fenced code and spans of code emptied, so that what is left keeps its line numbers. */
function withoutCode(markdown: string): string[] {
  let fence: string | null = null;
  return markdown.split('\n').map((line) => {
    const [, opened] = /^\s*(```+|~~~+)/.exec(line) ?? [];
    if (opened !== undefined && (fence === null || opened.startsWith(fence))) {
      fence = fence === null ? opened : null;
      return '';
    }
    return fence === null ? line.replace(/(`+)(?!`).*?\1/g, '') : '';
  });
}

/** Inline links and images, reference definitions, and `href` and `src` of HTML. */
const TARGETS = [/!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)/g, /^\s*\[[^\]]+\]:\s*(\S+)/g, /\b(?:href|src)="([^"]+)"/g];
/** The picture of a link that is one: `[![text](picture)](target)`. */
const LINKED_PICTURE = /\[!\[[^\]]*\]\(([^)\s]+)\)\]/g;

export function linksOf(markdown: string): Link[] {
  return withoutCode(markdown).flatMap((text, index) => {
    const found: Link[] = [];
    const rest = text.replace(LINKED_PICTURE, (_, target: string) => {
      found.push({ target, line: index + 1 });
      return '[]';
    });
    const targets = TARGETS.flatMap((pattern) => [...rest.matchAll(pattern)].map(([, target = '']) => target));
    return [...found, ...targets.map((target) => ({ target, line: index + 1 }))];
  });
}

/** As GitHub makes them: lower case, no punctuation, spaces as hyphens; repeated ones are numbered. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  let fence: string | null = null;
  for (const line of markdown.split('\n')) {
    const [, opened] = /^\s*(```+|~~~+)/.exec(line) ?? [];
    if (opened !== undefined && (fence === null || opened.startsWith(fence))) {
      fence = fence === null ? opened : null;
    }
    for (const [, id = ''] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) {
      anchors.add(id);
    }
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (heading === undefined || fence !== null) {
      continue;
    }
    const text = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>/g, '');
    const anchor = text
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let name = anchor;
    for (let count = 1; anchors.has(name); count += 1) {
      name = `${anchor}-${count}`;
    }
    anchors.add(name);
  }
  return anchors;
}
