/** JSON Schema, as the OpenAPI document uses it → values that it accepts. */
import fc from 'fast-check';
import type { JsonSchema } from '../../../scripts/docs/json-schema.ts';
import { nameOfRef } from '../../../scripts/docs/openapi-model.ts';
import { Earlier } from './earlier-values.ts';

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** Enough for what depends on order and number; long lists are a matter of sizes. */
const MAX_ITEMS = 3;
const MAX_STRING = 60;

/** None leads out of this machine: `.example` has no addresses (RFC 2606 2), the others are refused. */
const URLS = [
  'https://films.example/a.mp4',
  'https://films.example/b?c=%ff#d',
  'https://hooks.example:8443/',
  'https://user:secret@films.example/',
  'http://127.0.0.1:1/',
  'http://[::1]/',
  'http://169.254.169.254/latest/meta-data',
  'ftp://films.example/',
  'file:///etc/passwd',
];

/** By the names of members: what has rules that JSON Schema cannot say. A single value is the only one. */
const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  // A lease that waits for work would hold up the run.
  waitSeconds: [0],
  'idempotency-key': ['key-1', 'key-2', 'key-3', 'key-4', 'key-5', 'key-6', 'key-7', 'key-8'],
  language: ['en', 'pt-BR', 'zh-Hant', 'und'],
  ips: [{ allow: ['192.0.2.0/24', '2001:db8::1'] }, { deny: ['0.0.0.0/0'] }],
  origins: [{ allow: ['https://films.example'] }, { deny: ['https://*.films.example'] }],
  publicJwk: [
    { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
  ],
};

/** fast-check has no lookaheads and no classes of Unicode; what they forbid is filtered out. */
function matching(pattern: string): fc.Arbitrary<string> {
  const simple = pattern.replaceAll(/\(\?!(\([^()]*\)|[^()])*\)/g, '').replaceAll('\\p{Cc}', '\\u0000-\\u001f');
  const whole = new RegExp(pattern, 'u');
  return fc.stringMatching(new RegExp(simple)).filter((text) => whole.test(text));
}

function strings({ format, pattern, minLength = 0, maxLength = MAX_STRING }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    const times = { min: new Date(0), max: new Date('9998-12-31'), noInvalidDate: true };
    const soon = { min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true };
    return fc.oneof(fc.date(times), fc.date(soon)).map((date) => date.toISOString());
  }
  if (format === 'uri') {
    return fc.constantFrom(...URLS);
  }
  if (pattern !== undefined) {
    return matching(pattern).filter(({ length }) => length >= minLength && length <= maxLength);
  }
  const sizes = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, MAX_STRING)) };
  return fc.oneof(
    fc.string(sizes),
    fc.string({ ...sizes, unit: 'binary' }).filter(({ length }) => length <= maxLength),
    fc.constant('x'.repeat(Math.max(minLength, maxLength === MAX_STRING ? 0 : maxLength))),
  );
}

function numbers(schema: JsonSchema, type: string): fc.Arbitrary<number> {
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (type === 'integer') {
    const min = Math.max(minimum ?? Number.MIN_SAFE_INTEGER, (exclusiveMinimum ?? Number.NEGATIVE_INFINITY) + 1);
    return fc.integer({ min, max: maximum ?? Number.MAX_SAFE_INTEGER });
  }
  const any = fc.double({
    noNaN: true,
    noDefaultInfinity: true,
    ...(minimum === undefined ? {} : { min: minimum }),
    ...(maximum === undefined ? {} : { max: maximum }),
    ...(exclusiveMinimum === undefined ? {} : { min: exclusiveMinimum, minExcluded: true }),
  });
  // Half of all doubles are below 1e-150.
  const first = Math.floor(minimum ?? exclusiveMinimum ?? 0) + 1;
  return fc.oneof(any, fc.integer({ min: first, max: Math.min(Math.floor(maximum ?? 100), first + 100) }));
}

function objects(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const known = Object.entries(properties).map(([name, member]) => [name, memberValues(name, member, schemas)]);
  const all = fc.record<Record<string, unknown>>(Object.fromEntries(known), {
    requiredKeys: required.filter((name) => name in properties),
  });
  // Many optional members exclude each other.
  const few = fc.tuple(all, fc.nat()).map(([value, seed]) => {
    const names = Object.keys(value).filter((name) => !required.includes(name));
    const kept = names[seed % (names.length + 1)];
    return Object.fromEntries(Object.entries(value).filter(([name]) => name === kept || required.includes(name)));
  });
  const own = fc.oneof(all, few);
  if (typeof additionalProperties !== 'object') {
    return own;
  }
  const others = fc.dictionary(fc.string(), validValues(additionalProperties, schemas), { maxKeys: MAX_ITEMS });
  return fc.tuple(others, own).map(([more, mine]) => ({ ...more, ...mine }));
}

/** A text may be one of an earlier answer, under the same name. */
export function memberValues(name: string, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const samples = SAMPLES[name];
  const values =
    samples === undefined
      ? validValues(schema, schemas)
      : fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...samples) },
          { weight: samples.length > 1 ? 1 : 0, arbitrary: validValues(schema, schemas) },
        );
  const isOpen = schema.type === 'string' && schema.enum === undefined && schema.format === undefined;
  return isOpen ? fc.oneof(earlier([name, `${name}s`], values), values) : values;
}

/** Half are the latest: a task and its lease come with the same answer. */
export const earlier = (names: readonly string[], otherwise: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(fc.oneof(fc.constant(0), fc.nat()), otherwise).map(([pick, value]) => new Earlier(names, pick, value));

function valuesOfType(type: string, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return strings(schema);
    case 'integer':
    case 'number':
      return numbers(schema, type);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { items = {}, prefixItems, minItems = 0, maxItems = MAX_ITEMS } = schema;
      return prefixItems === undefined
        ? fc.array(validValues(items, schemas), {
            minLength: minItems,
            maxLength: Math.max(minItems, Math.min(maxItems, MAX_ITEMS)),
          })
        : fc.tuple(...prefixItems.map((item) => validValues(item, schemas)));
    }
    case 'object':
      return objects(schema, schemas);
    default:
      throw new RangeError(`no values of type ${type}`);
  }
}

/** Values that the schema accepts, but for rules that JSON Schema cannot say. */
export function validValues(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const variants = schema.anyOf ?? schema.oneOf;
  if (schema.$ref !== undefined) {
    return validValues(schemas[nameOfRef(schema.$ref)] ?? {}, schemas);
  }
  if (variants !== undefined) {
    return fc.oneof(...variants.map((variant) => validValues(variant, schemas)));
  }
  if (schema.allOf !== undefined) {
    return fc
      .tuple(...schema.allOf.map((part) => validValues(part, schemas)))
      .map((parts) => Object.assign({}, ...parts));
  }
  if (schema.enum !== undefined) {
    return fc.constantFrom(...schema.enum);
  }
  if (schema.const !== undefined) {
    return fc.constant(schema.const);
  }
  if (schema.type === undefined) {
    return fc.jsonValue({ maxDepth: 2 });
  }
  return fc.oneof(...[schema.type].flat().map((type) => valuesOfType(type, schema, schemas)));
}
