/** The codings of what is rendered, and of whatever may be stored its ranges and entity tags: for any request. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, GZIP, KINDS, Player } from './http-kinds.ts';

const STORED = KINDS.filter(([, { stored }]) => stored);
const CODED = KINDS.filter(([, { coded }]) => coded);

let player: Player;

beforeAll(async () => {
  player = await Player.start('forms');
});

const decoded = async ({ body }: Answer): Promise<string> => {
  const stream = new Response(body).body?.pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
};
const textOf = ({ body }: Answer): string => new TextDecoder().decode(body);
const withoutSession = (text: string): string => text.replaceAll(/\/s\/[^/]+\//g, '/s/*/');

describe.each(CODED)('codings of %s', (_, { path, stored }) => {
  test('are the same text, each with a tag of its own that holds', async () => {
    const [plain, packed] = [await player.ask(path), await player.ask(path, GZIP)];
    expect(withoutSession(await decoded(packed))).toBe(withoutSession(textOf(plain)));
    if (stored) {
      expect(packed.headers['etag']).not.toBe(plain.headers['etag']);
      // Another isolate, which renders and compresses for itself.
      const other = await player.elsewhere().ask(path, GZIP);
      expect([other.headers['etag'], other.body]).toEqual([packed.headers['etag'], packed.body]);
      const [ofPlain, ofPacked] = [plain, packed].map(({ headers }) => ({ 'if-none-match': headers['etag'] ?? '' }));
      expect((await player.ask(path, { ...ofPlain, ...GZIP })).status).toBe(200);
      expect((await player.ask(path, ofPacked)).status).toBe(200);
    }
  });

  test.each(['identity;q=0, gzip', 'x-gzip', 'GZIP', '*'])('Accept-Encoding %s: gzip', async (given) => {
    expect((await player.ask(path, { 'accept-encoding': given })).headers['content-encoding']).toBe('gzip');
  });

  test.each(['identity;q=0', '*;q=0', 'br', 'gzip;q=x', '\u00ff', `${'x,'.repeat(5_000)}gzip`])(
    'Accept-Encoding %.20s: the plain text',
    async (given) => {
      const answer = await player.ask(path, { 'accept-encoding': given });
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
      expect(textOf(answer)).toMatch(/^(#EXTM3U|<\?xml|WEBVTT|\[\{)/);
    },
  );
});

describe.each(STORED)('%s, of any request', (_, { path, coded }) => {
  const forms = coded ? [{}, GZIP] : [{}];

  test('a range is what slicing the whole gives', async () => {
    const position = fc.oneof(fc.nat(40), fc.nat(1200), fc.constant(null));
    await fc.assert(
      fc.asyncProperty(position, position, fc.constantFrom(...forms), async (first, last, form) => {
        const whole = await player.ask(path, form);
        const header = `bytes=${first ?? ''}-${last ?? ''}`;
        const got = await player.ask(path, { ...form, range: header, 'if-range': whole.headers['etag'] ?? '' });
        const bytes = [...whole.body];
        const isRange = first === null ? last !== null : last === null || first <= last;
        const part =
          first === null
            ? bytes.slice(last === 0 ? bytes.length : -(last ?? 0))
            : bytes.slice(first, last === null ? undefined : last + 1);
        const expected = !isRange ? [200, bytes] : part.length === 0 ? [416, null] : [206, part];
        expect([got.status, got.status === 416 ? null : [...got.body]]).toEqual(expected);
        if (got.status === 206) {
          const offset = first ?? bytes.length - part.length;
          expect(got.headers['content-range']).toBe(`bytes ${offset}-${offset + part.length - 1}/${bytes.length}`);
          expect(got.headers['etag']).toBe(whole.headers['etag']);
        }
      }),
      { numRuns: 80 },
    );
  });

  test('If-None-Match is met by a list that names the tag, weak or not', async () => {
    const other = fc.stringMatching(/^[a-z,*/W-]{0,6}$/).map((opaque) => ({ opaque, weak: false }));
    const own = fc.record({ opaque: fc.constant('{own}'), weak: fc.boolean() });
    const tags = fc.array(fc.oneof({ weight: 6, arbitrary: other }, { weight: 1, arbitrary: own }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        tags,
        fc.constantFrom(',', ', ', ' ,\t'),
        fc.constantFrom(...forms),
        async (list, comma, form) => {
          const opaque = (await player.etagOf(path, form)).slice(1, -1);
          const named = list.map((tag) => `${tag.weak ? 'W/' : ''}"${tag.opaque.replace('{own}', opaque)}"`);
          const { status } = await player.ask(path, { ...form, 'if-none-match': named.join(comma) });
          expect(status).toBe(list.some((tag) => tag.opaque === '{own}') ? 304 : 200);
        },
      ),
      { numRuns: 60 },
    );
  });
});
