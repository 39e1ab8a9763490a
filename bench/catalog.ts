/**
 * `npm run bench -- catalog`: lists, filters and searches of a catalog of 1,000 assets and of one of 100,000, in turn. ASSETS
 * changes the larger size, ROUNDS how often each is asked; the fastest counts.
 */
import { holdBound } from './bounds.ts';
import { numberOf } from './numbers.ts';
import { Random } from './random.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { printTable } from './table.ts';

const large = numberOf('ASSETS', 100_000);
const rounds = numberOf('ROUNDS', 40);
const SMALL = 1_000;
const GROWTH_MAX = 1.5;
/** Below it, the call of D1 decides. */
const NOISE_MS = 1;
const RELEVANCE_MS_MAX = 15;
const FILLED_AT_ONCE = 500;
const WORDS = 2_000;
const NAME = 'worker';

type Filter = { facet: string; value: string };
type Query = { query?: string; sort?: 'relevance'; filters?: Filter[] };
type Answer = { times: number[]; found: number; last: { mark: { created_at: number; id: string } } | null };
/** `bound`: of growth, of relevance, or none for what is slow by its nature. */
type Question = {
  name: string;
  ask: Query | 'facets';
  second?: true;
  bound: 'growth' | 'relevance' | 'none';
};

const tag = (value: string): Filter => ({ facet: 'tag', value });
const READY: Filter = { facet: 'status', value: 'ready' };
const RARE = tag('rare');

const QUESTIONS: readonly Question[] = [
  { name: 'all, first page', ask: {}, bound: 'growth' },
  { name: 'all, by cursor', ask: {}, second: true, bound: 'growth' },
  { name: 'a tag of 10 %', ask: { filters: [tag('t1')] }, bound: 'growth' },
  { name: 'a tag of 10 %, by cursor', ask: { filters: [tag('t1')] }, second: true, bound: 'growth' },
  {
    name: 'a tag of 10 %, ready, signed',
    ask: { filters: [tag('t1'), READY, { facet: 'policy', value: 'signed' }] },
    bound: 'growth',
  },
  { name: 'a tag of 20 assets, ready', ask: { filters: [RARE, READY] }, bound: 'growth' },
  { name: 'a word of each title', ask: { query: 'film' }, bound: 'growth' },
  { name: 'a word of each title, by cursor', ask: { query: 'film' }, second: true, bound: 'growth' },
  { name: 'a long word of each title', ask: { query: 'documentary' }, bound: 'growth' },
  { name: 'a common word', ask: { query: 'w3x' }, bound: 'growth' },
  { name: 'the first 2 letters', ask: { query: 'fi' }, bound: 'growth' },
  { name: 'the first letter', ask: { query: 'w' }, bound: 'growth' },
  { name: 'two common words', ask: { query: 'film w3x' }, bound: 'growth' },
  { name: 'a common word, a tag of 10 %', ask: { query: 'w3x', filters: [tag('t1')] }, bound: 'growth' },
  { name: '4 Han characters', ask: { query: '東京物語' }, bound: 'growth' },
  { name: '2 Han characters', ask: { query: '物語' }, bound: 'growth' },
  { name: 'by relevance, a common word', ask: { query: 'w3x', sort: 'relevance' }, bound: 'relevance' },
  { name: 'by relevance, a word of each title', ask: { query: 'film', sort: 'relevance' }, bound: 'relevance' },
  { name: 'counts of all facets', ask: 'facets', bound: 'none' },
  {
    name: 'worst: two common filters that no asset has both of',
    ask: { filters: [tag('even'), tag('odd')] },
    bound: 'none',
  },
  {
    name: 'worst: a word of each title, a tag of 20 old assets',
    ask: { query: 'film', filters: [RARE] },
    bound: 'none',
  },
  { name: 'worst: 2 Han characters that nothing has', ask: { query: '猫犬' }, bound: 'none' },
];

/** Words as often as in real text: the n-th has a share of about 1/n. */
const wordOf = (random: Random) => `w${Math.floor(WORDS ** random.between(0, 1))}x`;

function row(index: number, random: Random) {
  const tags = [`t${random.whole(0, 9)}`, index % 2 === 0 ? 'even' : 'odd', ...(index < 20 ? ['rare'] : [])];
  const han = index % 20 === 0 ? '東京物語の世界' : '';
  return {
    id: `bench-${index.toString(36).padStart(6, '0')}`,
    title: `Film documentary ${wordOf(random)} ${wordOf(random)} ${han}`,
    description: Array.from({ length: 12 }, () => wordOf(random)).join(' '),
    tags: JSON.stringify(tags),
    categories: JSON.stringify([`c${random.whole(1, 20)}`]),
    creator: `u${random.whole(1, 1000)}`,
    policy: random.chance(0.2) ? 'public' : 'signed',
    status: random.chance(0.05) ? 'failed' : 'ready',
    warnings: random.chance(0.05) ? '[{"code":"hdr_to_sdr","message":"x"}]' : null,
    at: 1_700_000_000_000 + index * 1000,
  };
}

async function post(runtime: Runtime, path: string, body: unknown): Promise<Response> {
  const response = await fetch(`${runtime.urlOf(NAME)}${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
  return response;
}

async function startFilled(assets: number): Promise<Runtime> {
  const runtime = await startRuntime([{ name: NAME, entry: 'bench/catalog/worker/index.ts' }]);
  const random = new Random(assets);
  for (let from = 0; from < assets; from += FILLED_AT_ONCE) {
    const rows = Array.from({ length: Math.min(FILLED_AT_ONCE, assets - from) }, (_, index) =>
      row(from + index, random),
    );
    await post(runtime, '/bench/fill', { rows });
  }
  return runtime;
}

async function ask(runtime: Runtime, { ask: asked, second }: Question): Promise<Answer> {
  const query =
    asked === 'facets' ? asked : { after: null, limit: 50, query: '', sort: 'newest', filters: [], ...asked };
  const times = async (at: object | null) => {
    const placed = query === 'facets' ? query : { ...query, after: at };
    return (await (await post(runtime, '/bench/ask', { query: placed, rounds })).json()) as Answer;
  };
  const first = await times(null);
  const mark = first.last?.mark;
  return second && mark !== undefined ? times({ createdAt: mark.created_at, id: mark.id }) : first;
}

const startedMs = performance.now();
const runtimes = [await startFilled(SMALL), await startFilled(large)] as const;
console.log(`filled in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
try {
  const rows: string[][] = [];
  for (const question of QUESTIONS) {
    const few = await ask(runtimes[0], question);
    const many = await ask(runtimes[1], question);
    const [before, after] = [Math.min(...few.times), Math.min(...many.times)];
    const { name, bound } = question;
    if (bound === 'growth') {
      holdBound(after <= GROWTH_MAX * Math.max(before, NOISE_MS), `${name}: at most ${GROWTH_MAX} times as long`);
      if (many.found === 0 || few.found === 0) {
        throw new Error(`${name}: nothing was found`);
      }
    }
    if (bound === 'relevance') {
      holdBound(after <= RELEVANCE_MS_MAX, `${name}: at most ${RELEVANCE_MS_MAX} ms`);
    }
    rows.push([name, before.toFixed(1), after.toFixed(1), (after / before).toFixed(1), String(many.found)]);
  }
  printTable(
    ['list of 50', `ms of ${SMALL.toLocaleString('en')}`, `ms of ${large.toLocaleString('en')}`, 'times', 'rows'],
    rows,
  );
} finally {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
}
