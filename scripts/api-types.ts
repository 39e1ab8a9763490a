/**
 * Writes the types of an OpenAPI document as TypeScript. openapi-typescript needs the compiler API of TypeScript 5,
 * which TypeScript 7 lacks, and our document uses only a small part of JSON Schema. Pure.
 */
import type { JsonSchema } from './docs/json-schema.ts';

type Content = Readonly<Record<string, { schema?: JsonSchema }>>;
type Parameter = { name: string; in: string; required?: boolean; schema: JsonSchema };
type Operation = {
  security?: readonly Readonly<Record<string, unknown>>[];
  parameters?: readonly Parameter[];
  requestBody?: { content: Content };
  responses: Readonly<Record<string, { content?: Content }>>;
};
export type OpenApi = {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, JsonSchema>> };
};

const HEADER =
  '/** Types of the control API. `npm run client` generates this file from the OpenAPI document: do not edit it. */';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * `Schemas` by name, and `Calls` by method and path: the request, the successful answer (`null` if it has no body) and
 * the events of a stream. Calls of encoders and players are left out, because they have their own clients.
 */
export function apiTypes({ paths, components }: OpenApi): string {
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method, operation]) => METHODS.includes(method) && isOfApps(operation))
      .map(([method, operation]) => `'${method.toUpperCase()} ${path}': ${callType(operation)}`),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${comment(schema)}${name}: ${typeOf(schema)}`,
  );
  return `${HEADER}\n\nexport type Schemas = ${objectOf(schemas)};\n\nexport type Calls = ${objectOf(calls)};\n`;
}

const isOfApps = ({ security = [] }: Operation): boolean => security.some((scheme) => 'apiToken' in scheme);

function callType({ parameters = [], requestBody, responses }: Operation): string {
  const request = ['path', 'query', 'header'].flatMap((place) => {
    const members = parameters.filter((parameter) => parameter.in === place);
    const required = members.filter((parameter) => parameter.required === true).map(({ name }) => name);
    const properties = Object.fromEntries(members.map(({ name, schema }) => [name, schema]));
    return members.length === 0
      ? []
      : [`${place}${required.length === 0 ? '?' : ''}: ${objectType({ properties, required })}`];
  });
  const body = requestBody?.content['application/json']?.schema;
  if (body !== undefined) {
    request.push(`body: ${typeOf(body)}`);
  }
  const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const contents = successes.map(([, { content = {} }]) => content);
  const answers = contents.map((content) => {
    const schema = content['application/json']?.schema;
    return schema === undefined ? 'null' : typeOf(schema);
  });
  const events = contents.flatMap((content) => content['text/event-stream']?.schema ?? []);
  return objectOf([
    ...(request.length === 0 ? [] : [`request: ${objectOf(request)}`]),
    `answer: ${union(answers)}`,
    ...events.map((schema) => `event: ${typeOf(schema)}`),
  ]);
}

/** Throws on a schema that it does not understand, so that no type silently becomes wider than the contract. */
export function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) {
    return `Schemas['${schema.$ref.replace('#/components/schemas/', '')}']`;
  }
  const { enum: values, allOf, anyOf, oneOf } = schema;
  if (values !== undefined) {
    return union(values.map((value) => JSON.stringify(value)));
  }
  if (allOf !== undefined) {
    return allOf.map((part) => `(${typeOf(part)})`).join(' & ');
  }
  if (anyOf !== undefined || oneOf !== undefined) {
    return union([...(anyOf ?? []), ...(oneOf ?? [])].map(typeOf));
  }
  if (schema.type === undefined && Object.keys(schema).every((key) => key === 'description')) {
    return 'unknown';
  }
  return union([schema.type ?? ''].flat().map((type) => plainType(type, schema)));
}

function plainType(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type;
    case 'integer':
      return 'number';
    case 'array':
      return `(${schema.items === undefined ? 'unknown' : typeOf(schema.items)})[]`;
    case 'object':
      return objectType(schema);
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties).map(
    ([name, schema]) => `${comment(schema)}${keyOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  );
  const others = typeof additionalProperties === 'object' ? `Record<string, ${typeOf(additionalProperties)}>` : null;
  if (members.length === 0) {
    return others ?? 'Record<string, never>';
  }
  return `${objectOf(members)}${others === null ? '' : ` & ${others}`}`;
}

/** On one line: the formatter breaks it later. */
const objectOf = (members: readonly string[]): string => `{ ${members.join('; ')} }`;

const keyOf = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

function union(types: readonly string[]): string {
  const [first = 'never', ...others] = new Set(types);
  return others.length === 0 ? first : [first, ...others].map((type) => `(${type})`).join(' | ');
}

const comment = ({ description }: JsonSchema): string =>
  description === undefined ? '' : `\n/** ${description.replaceAll('*/', '* /')} */\n`;
