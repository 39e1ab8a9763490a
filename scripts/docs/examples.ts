/** The OpenAPI document → an example of a body that its schema accepts, and the call with curl. Pure. */
import type { JsonSchema } from './json-schema.ts';
import { nameOfRef, type Parameter, type PlacedOperation } from './openapi-model.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

/** By the names of members: what its pattern accepts, and what a reader recognises. */
const VALUES: Readonly<Record<string, unknown>> = {
  object: 'sources/film.mp4',
  url: 'https://example.com/film.mp4',
  upload: 'k3v9x2m4q8r7t1w5',
  language: 'en',
  title: 'My film',
  kid: '2026-key',
  value: 'viewer-7',
  expiresIn: 3600,
  publicJwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
};
/** The first one that the pattern accepts, for members without a value of their own. */
const TEXTS = ['example', 'k3v9x2m4q8r7t1w5', 'EN', '1', 'x'.repeat(43)];

function stringOf({ format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: JsonSchema): string {
  if (format === 'date-time') {
    return '2026-01-31T12:00:00Z';
  }
  if (format === 'uri') {
    return 'https://example.com/';
  }
  const accepts = new RegExp(pattern ?? '', 'u');
  const fits = (text: string) => accepts.test(text) && text.length >= minLength && text.length <= maxLength;
  return TEXTS.find(fits) ?? 'x'.repeat(minLength);
}

function numberOf({ minimum, maximum, exclusiveMinimum }: JsonSchema): number {
  const least = minimum ?? (exclusiveMinimum === undefined ? 1 : exclusiveMinimum + 1);
  return Math.min(Math.max(least, 1), maximum ?? Number.POSITIVE_INFINITY);
}

/** The members that are required; of an object that requires none, the first. */
function objectOf({ properties = {}, required = [] }: JsonSchema, schemas: Schemas): Record<string, unknown> {
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
  return Object.fromEntries(names.map((name) => [name, VALUES[name] ?? exampleOf(properties[name] ?? {}, schemas)]));
}

export function exampleOf(schema: JsonSchema, schemas: Schemas): unknown {
  const [variant] = schema.anyOf ?? schema.oneOf ?? [];
  if (schema.$ref !== undefined) {
    return exampleOf(schemas[nameOfRef(schema.$ref)] ?? {}, schemas);
  }
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, schemas)));
  }
  if (variant !== undefined) {
    return exampleOf(variant, schemas);
  }
  if (schema.enum !== undefined || schema.const !== undefined) {
    return schema.const ?? schema.enum?.[0];
  }
  switch ([schema.type].flat()[0]) {
    case 'object':
      return objectOf(schema, schemas);
    case 'array':
      return schema.prefixItems?.map((item) => exampleOf(item, schemas)) ?? [exampleOf(schema.items ?? {}, schemas)];
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'string':
      return stringOf(schema);
    default:
      return 'example';
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const variable = (name: string): string => `$${name.replaceAll(/([A-Z])/g, '_$1').toUpperCase()}`;

function bodyArguments({ operation }: PlacedOperation, schemas: Schemas): string[] {
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type === undefined || content === undefined) {
    return [];
  }
  const data =
    content.schema.type === 'string'
      ? '--data-binary @FILE'
      : `-d ${quoted(JSON.stringify(exampleOf(content.schema, schemas)))}`;
  return [`-H 'Content-Type: ${type}'`, data];
}

const queryOf = (parameters: readonly Parameter[], schemas: Schemas): string => {
  const asked = parameters.filter(({ in: where, required = false }) => where === 'query' && required);
  const pairs = asked.map(
    ({ name, schema }) => `${name}=${encodeURIComponent(String(VALUES[name] ?? exampleOf(schema, schemas)))}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};

/** `$SLUICE` is the address of the Worker, `$TOKEN` the token; ids of paths are variables too. */
export function curlOf(placed: PlacedOperation, schemas: Schemas): string {
  const { method, path, operation } = placed;
  const isStream = Object.values(operation.responses).some(({ content = {} }) => 'text/event-stream' in content);
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => variable(name));
  const isOpen = (operation.security ?? []).length === 0;
  return [
    `curl${isStream ? ' -N' : ''}${method === 'GET' ? '' : ` -X ${method}`} "$SLUICE/v1${address}${queryOf(operation.parameters ?? [], schemas)}"`,
    ...(isOpen ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...bodyArguments(placed, schemas),
  ].join(' \\\n  ');
}
