/** The OpenAPI document → requests of its operations: valid, nearly valid and hostile. Pure. */
import fc from 'fast-check';
import type { JsonSchema } from '../../../scripts/docs/json-schema.ts';
import {
  type OpenApiDocument,
  operationsOf,
  type Parameter,
  type PlacedOperation,
} from '../../../scripts/docs/openapi-model.ts';
import { namesOfParameter } from './earlier-values.ts';
import { earlier, memberValues, type Schemas, validValues } from './valid-values.ts';
import { change, changes, oddStrings } from './wrong-values.ts';

/**
 * `json` is written when it is sent, since it may hold values of earlier answers; `nested` is the text that its last member
 * then is. `repeat`: a text so many times.
 */
export type GeneratedBody =
  | { type: string; json: unknown; nested?: string }
  | { type: string; text: string; repeat?: number }
  | { type: string; bytes: Uint8Array<ArrayBuffer> };

export type GeneratedRequest = {
  placed: PlacedOperation;
  /** By parameter; a text that begins with `%` is escaped already. */
  path: ReadonlyMap<string, unknown>;
  query: readonly (readonly [name: string, value: unknown])[];
  headers: readonly (readonly [name: string, value: unknown])[];
  /** Which token is sent: the operation's, one that is wrong, or none. */
  token: 'right' | 'wrong' | 'none';
  body?: GeneratedBody;
};

/** `.`, `..` and an empty segment are other paths. */
const isSegment = (text: unknown): boolean => !/^\.{0,2}$/.test(String(text));
/** Segments that are no ids. */
const ODD_SEGMENTS = [
  '%00',
  '%ff',
  '%zz',
  '%2F',
  '%2e%2e%2f',
  '%20',
  '%F0%9F%98%80',
  '%',
  'A',
  'x'.repeat(2_000),
  '-',
  '_',
];
const DEEP = 50_000;
/** Deeper than a call of an object can be. */
const NESTED = '['.repeat(5_000) + ']'.repeat(5_000);
const ODD_TEXTS = [
  '',
  ' ',
  '{',
  '[]',
  'null',
  '"a"',
  '{}{}',
  '\ufeff{}',
  '{"a":1,"a":2}',
  '{"__proto__":{"a":1}}',
  'NaN',
  '\0',
];
const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/jsonx',
  'a/b; c=d',
  '*',
];
const CUES = [
  'WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n',
  '1\n00:00:00,000 --> 00:00:01,000\nHello\n',
  'WEBVTT\n\n00:01 -->',
];
/** Of any request. */
const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ['range', 'bytes=0-0'],
  ['range', 'bytes=-1,5-'],
  ['if-match', '"none"'],
  ['if-none-match', '*'],
  ['accept', 'application/xml'],
  ['accept', 'text/csv;q=0.5, */*;q=x'],
  ['accept-language', 'x'.repeat(500)],
  ['last-event-id', '-1'],
  ['origin', 'null'],
  ['cookie', 'a=b; a=c'],
  ['x-http-method-override', 'DELETE'],
];

/** RFC 9110 5.5, without what is trimmed. */
const isHeaderText = (text: unknown): boolean => /^[!-~]([ -~]*[!-~])?$/.test(String(text));
/** Text that a header may hold. */
const headerTexts = fc.oneof(
  fc.string({ maxLength: 60 }).map((text) => text.trim()),
  fc.constantFrom('', '-1', '0', 'x'.repeat(1_000), '1, 2', '"', 'bytes=5-2', '\xe9'),
);

function pathParameters({ path, operation }: PlacedOperation, schemas: Schemas): fc.Arbitrary<Map<string, unknown>> {
  const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
  const segments = parameters.map(({ name, schema }) => {
    const valid = memberValues(name, schema, schemas).filter(isSegment);
    return fc
      .oneof(
        { weight: 24, arbitrary: earlier(namesOfParameter(path, name), valid) },
        { weight: 1, arbitrary: valid },
        { weight: 1, arbitrary: oddStrings.filter(isSegment) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
      )
      .map((value): [string, unknown] => [name, value]);
  });
  return fc.tuple(...segments).map((entries) => new Map(entries));
}

function queryValues({ name, schema, required = false }: Parameter, schemas: Schemas) {
  const valid = validValues(schema, schemas);
  // `nextCursor` of any list: most are of another one.
  const names = name === 'cursor' ? ['nextCursor'] : [name, `${name}s`];
  const value = fc.oneof(
    { weight: 4, arbitrary: schema.enum === undefined ? earlier(names, valid) : valid },
    { weight: 4, arbitrary: valid },
    { weight: 1, arbitrary: oddStrings },
  );
  const entry = value.map((text): [string, unknown] => [name, text]);
  const values = fc.oneof({ weight: 9, arbitrary: fc.tuple(entry) }, { weight: 1, arbitrary: fc.tuple(entry, entry) });
  return required
    ? fc.oneof({ weight: 9, arbitrary: values }, { weight: 1, arbitrary: fc.constant([]) })
    : fc.oneof(values, fc.constant([]), fc.constant([]));
}

function queries({ operation }: PlacedOperation, schemas: Schemas): fc.Arbitrary<[string, unknown][]> {
  const asked = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const unknown = fc.tuple(fc.string({ minLength: 1, maxLength: 10 }), oddStrings);
  return fc
    .tuple(
      ...asked.map((parameter) => queryValues(parameter, schemas)),
      fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.tuple(unknown) }),
    )
    .map((parts) => parts.flat() as [string, unknown][]);
}

function headersOf({ operation }: PlacedOperation, schemas: Schemas): fc.Arbitrary<[string, unknown][]> {
  const asked = (operation.parameters ?? []).filter(
    ({ in: where, name }) => where === 'header' && name !== 'content-length',
  );
  const odd = fc.constantFrom(...ODD_HEADERS).map(([name, value]): [string, unknown][] => [[name, value]]);
  const none = fc.constant<[string, unknown][]>([]);
  return fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: none }, { weight: 1, arbitrary: odd }),
      ...asked.map(({ name, schema }) => {
        const valid = memberValues(name, schema, schemas).map((text) => (isHeaderText(text) ? text : ''));
        const values = fc.oneof(
          { weight: 5, arbitrary: earlier([name], valid) },
          { weight: 1, arbitrary: headerTexts },
        );
        return fc.oneof(
          { weight: 2, arbitrary: values.map((value): [string, unknown][] => [[name, value]]) },
          { weight: 1, arbitrary: none },
        );
      }),
    )
    .map((parts) => parts.flat());
}

/** What a body of any type must stand. */
const oddBodies = (type: string): fc.Arbitrary<GeneratedBody> =>
  fc.oneof(
    fc.constantFrom(...ODD_TEXTS).map((text) => ({ type, text })),
    fc.constantFrom('[', '{"a":').map((text) => ({ type, text, repeat: DEEP })),
    fc.constant({ type, text: NESTED }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ type, bytes: new Uint8Array(bytes) })),
    fc.constantFrom(...TYPES).map((other) => ({ type: other, text: '{}' })),
  );

/** Above every limit of a JSON body. Rare, since each takes as long as many others. */
const oversize = (type: string): fc.Arbitrary<GeneratedBody> =>
  fc.constant({ type, text: ' '.repeat(1_024), repeat: 1_100 });

function jsonBodies(type: string, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<GeneratedBody> {
  const valid = validValues(schema, schemas);
  const nearly = fc
    .tuple(valid, fc.array(changes, { minLength: 1, maxLength: 2 }))
    .map(([value, all]) => all.reduce(change, value));
  return fc.oneof(
    { weight: 60, arbitrary: valid.map((json) => ({ type, json })) },
    { weight: 20, arbitrary: nearly.map((json) => ({ type, json })) },
    { weight: 6, arbitrary: oddBodies(type) },
    { weight: 1, arbitrary: oversize(type) },
    { weight: 1, arbitrary: valid.map((json) => ({ type, json, nested: NESTED })) },
  );
}

function bodies({ operation }: PlacedOperation, schemas: Schemas): fc.Arbitrary<GeneratedBody | undefined> {
  const contents = Object.entries(operation.requestBody?.content ?? {});
  if (contents.length === 0) {
    return fc.constant(undefined);
  }
  const kinds = contents.map(([type, { schema }]) =>
    schema.type === 'string'
      ? fc.oneof(
          fc.constantFrom(...CUES).map((text) => ({ type: type.includes('*') ? 'text/plain' : type, text })),
          oddBodies(type.includes('*') ? 'text/plain' : type),
        )
      : jsonBodies(type, schema, schemas),
  );
  return fc.oneof({ weight: 20, arbitrary: fc.oneof(...kinds) }, { weight: 1, arbitrary: fc.constant(undefined) });
}

/** How often an operation is drawn: there has to be something to ask about. */
const weightOf = ({ method, path }: PlacedOperation): number =>
  method === 'DELETE' ? 1 : method === 'POST' && !path.includes('{') ? 9 : 3;

/** Requests of every operation but those of `excluded`. */
export function requestsOf(
  document: OpenApiDocument,
  excluded: readonly string[] = [],
): fc.Arbitrary<GeneratedRequest> {
  const { schemas } = document.components;
  const placed = operationsOf(document.paths).filter(({ operation }) => !excluded.includes(operation.operationId));
  return fc.oneof(
    ...placed.map((one) => ({
      weight: weightOf(one),
      arbitrary: fc
        .record({
          path: pathParameters(one, schemas),
          query: queries(one, schemas),
          headers: headersOf(one, schemas),
          token: fc.constantFrom(...Array(28).fill('right' as const), 'wrong' as const, 'none' as const),
          body: bodies(one, schemas),
        })
        .map(
          ({ body, ...request }): GeneratedRequest => ({
            placed: one,
            ...request,
            ...(body === undefined ? {} : { body }),
          }),
        ),
    })),
  );
}
