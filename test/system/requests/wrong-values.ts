/** Values that no schema expects, and changes that make a valid body nearly valid. */
import fc from 'fast-check';
import { Earlier } from './earlier-values.ts';

const STRINGS = [
  ...['', ' ', '\0', '\ud800', '\u202e\u2066a', '\ufeff', 'a\r\nb: c', '👩‍👩‍👧‍👦', 'é'.normalize('NFD'), '\uffff'],
  ...['null', 'true', '-1', '1e999', 'NaN', '__proto__', '../../etc', '%', '%00', "' OR 1=1 --", '"', '*', 'NEAR(a b)'],
  ...[
    '<script>',
    '{{7*7}}',
    '9999-12-31T23:59:59.999Z',
    '2026-02-30T00:00:00Z',
    'x'.repeat(300),
    '\u{1f600}'.repeat(5_000),
  ],
];
const NUMBERS = [0, -0, -1, 0.5, 1e-320, 1e21, 2 ** 31, 2 ** 53, Number.MAX_VALUE, -Number.MAX_VALUE];

export const oddStrings: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...STRINGS), fc.string({ unit: 'binary' }));

const oddValues: fc.Arbitrary<unknown> = fc.oneof(
  oddStrings,
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(null, true, false, [], {}, [[]], [null]),
  fc.jsonValue({ maxDepth: 3 }),
);

export type Change = { kind: 'replace' | 'drop' | 'add' | 'wrap'; at: number; value: unknown };

export const changes: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'drop', 'add', 'wrap'),
  at: fc.nat(),
  value: oddValues,
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Earlier);

function changed(value: unknown, { kind, value: odd }: Change): unknown {
  return kind === 'wrap' ? [value] : kind === 'add' && isObject(value) ? { ...value, unknownMember: odd } : odd;
}

/** The value with one member somewhere in it replaced, dropped, added or wrapped. Not in place: bodies share values. */
export function change(value: unknown, how: Change): unknown {
  const members = isObject(value) ? Object.entries(value) : Array.isArray(value) ? [...value.entries()] : [];
  const index = how.at % (members.length + 1);
  const [name, member] = members[index] ?? [];
  if (name === undefined) {
    return changed(value, how);
  }
  const next = { ...how, at: Math.floor(how.at / (members.length + 1)) };
  const kept = how.kind === 'drop' ? [] : [[name, change(member, next)] as const];
  const all = [...members.slice(0, index), ...kept, ...members.slice(index + 1)];
  return Array.isArray(value) ? all.map(([, item]) => item) : Object.fromEntries(all);
}
