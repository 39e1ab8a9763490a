/** Parses a Dockerfile and a .dockerignore. Only the instructions that ours uses are supported. Pure. */

const KEYWORDS = 'ARG COPY ENTRYPOINT ENV FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER VOLUME WORKDIR'.split(' ');

export type Instruction = { keyword: string; text: string };
export type Stage = { image: string; name: string | null; instructions: Instruction[] };

/** Removes comment lines and joins continued lines. */
function logicalLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export function parseInstructions(text: string): Instruction[] {
  return logicalLines(text).map((line) => {
    const [keyword = ''] = line.split(/\s/, 1);
    if (!KEYWORDS.includes(keyword)) {
      throw new Error(`the Dockerfile has an unknown instruction: ${keyword}`);
    }
    return { keyword, text: line.slice(keyword.length).trim() };
  });
}

/** Replaces `${NAME}` and `$NAME` with the ARGs before the first FROM. */
const expand = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) {
      throw new Error(`the Dockerfile uses ${name}, but no ARG defines it`);
    }
    return value;
  });

/** The stages in order. ARGs in their image names are replaced with the defaults. */
export function parseStages(text: string): Stage[] {
  const values = new Map<string, string>();
  const stages: Stage[] = [];
  for (const instruction of parseInstructions(text)) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      const [image = '', as, name] = instruction.text.split(/\s+/);
      stages.push({ image: expand(image, values), name: as === 'AS' && name ? name : null, instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push(instruction);
    } else if (instruction.keyword === 'ARG') {
      const [name = '', ...value] = instruction.text.split('=');
      values.set(name, value.join('='));
    } else {
      throw new Error(`the Dockerfile has ${instruction.keyword} before FROM`);
    }
  }
  return stages;
}

export type Copy = { from: string | null; sources: string[]; target: string };

export function parseCopy(text: string): Copy {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith('--from=') ? (words.shift()?.slice('--from='.length) ?? null) : null;
  const target = words.pop();
  if (target === undefined || words.length === 0 || words.some((word) => word.startsWith('--') || word.includes('*'))) {
    throw new Error(`the Dockerfile has a COPY that is not supported: ${text}`);
  }
  return { from, sources: words, target };
}

/** `NAME=value NAME="a value"`, as in ENV and LABEL. */
export function parsePairs(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)];
  return Object.fromEntries(pairs.map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']));
}

/** The last rule that matches a path, or a folder above it, decides. A rule with `!` includes it again. */
export function isIgnored(path: string, dockerignore: string): boolean {
  const rules = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const parts = path.split('/');
  const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return rules.reduce((ignored, rule) => {
    const pattern = rule.replace(/^!/, '').replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    const matches = new RegExp(`^${pattern.replaceAll('*', '[^/]*')}$`);
    return above.some((candidate) => matches.test(candidate)) ? !rule.startsWith('!') : ignored;
  }, false);
}
