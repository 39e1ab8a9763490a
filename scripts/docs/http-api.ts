/** The operations and objects of docs/reference/http-api.md, from the OpenAPI document. Pure. */
import { type JsonSchema, typeOf } from './json-schema.ts';
import { markdownTable } from './markdown.ts';
import {
  type Content,
  codesOf,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  type PathItem,
} from './openapi-model.ts';

/** Errors that any call may answer. The page explains them once. */
export const COMMON_ERRORS = new Set([
  ...['invalid_request', 'invalid_json', 'request_aborted', 'unauthorized', 'body_too_large', 'unsupported_media_type'],
  ...['internal', 'misconfigured'],
]);

const CREDENTIALS: Readonly<Record<string, string>> = { apiToken: 'API token', encoderToken: 'encoder token' };

type Row = [field: string, type: string, is: string];

function rowOf(name: string, schema: JsonSchema, isRequired: boolean): Row {
  const shown = schema.default === undefined ? '' : `, default \`${JSON.stringify(schema.default)}\``;
  return [`\`${name}\`${isRequired ? '' : ' (optional)'}`, `${typeOf(schema)}${shown}`, schema.description ?? ''];
}

/** The fields of an object. Fields of nested objects are shown with their path. */
function fieldsOf(schema: JsonSchema, prefix = ''): Row[] {
  const inherited = (schema.allOf ?? []).flatMap((part): Row[] =>
    part.$ref === undefined ? fieldsOf(part, prefix) : [['…', `all fields of ${typeOf(part)}`, part.description ?? '']],
  );
  const variants = (schema.anyOf ?? schema.oneOf ?? [])
    .map((variant) => fieldsOf(variant, prefix))
    .filter((rows) => rows.length > 0)
    .flatMap((rows, index): Row[] => (index === 0 ? rows : [['or', '', ''], ...rows]));
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]): Row[] => {
    const path = `${prefix}${name}`;
    const isRequired = schema.required?.includes(name) ?? false;
    const inner =
      property.type === 'array' && property.items !== undefined
        ? fieldsOf(property.items, `${path}[].`)
        : fieldsOf(property, `${path}.`);
    return [rowOf(path, property, isRequired), ...inner];
  });
  return [...inherited, ...variants, ...own];
}

const fieldTable = (rows: readonly Row[]): string => markdownTable(['field', 'type', 'is'], rows);

/** The name of a schema, such as `Asset`, or the fields of an unnamed object. */
function shapeOf(content: Content | undefined): { name: string; rows: Row[] } {
  const [type = '', { schema } = { schema: {} }] = Object.entries(content ?? {})[0] ?? [];
  const others = Object.keys(content ?? {}).slice(1);
  const also = others.length === 0 ? '' : `; also \`${others.join('`, `')}\``;
  if (content === undefined) {
    return { name: '', rows: [] };
  }
  if (schema.properties !== undefined) {
    return { name: `JSON${also}`, rows: fieldsOf(schema) };
  }
  return { name: schema.type === 'string' ? `\`${type}\`` : `${typeOf(schema)}${also}`, rows: [] };
}

function credentialOf({ security = [] }: Operation): string {
  const names = security.flatMap((one) => Object.keys(one)).map((name) => CREDENTIALS[name] ?? name);
  return names.length === 0 ? 'no token' : names.join(' or ');
}

function operationText(method: string, path: string, operation: Operation): string {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  const parts = [`#### \`${method} ${path}\``, `${summary}. Operation \`${operationId}\`, ${credentialOf(operation)}.`];
  const asked = parameters.filter((parameter) => parameter.in !== 'path' || parameter.schema.description !== undefined);
  if (asked.length > 0) {
    parts.push(
      markdownTable(
        ['parameter', 'in', 'type', 'is'],
        asked.map(({ name, in: where, required = false, schema }) => {
          const [field, type, is] = rowOf(name, schema, required);
          return [field, where, type, is];
        }),
      ),
    );
  }
  const body = shapeOf(requestBody?.content);
  if (requestBody !== undefined) {
    parts.push(`Body: ${body.name}.`);
  }
  if (body.rows.length > 0) {
    parts.push(fieldTable(body.rows));
  }
  const problems: string[] = [];
  for (const [status, response] of Object.entries(responses)) {
    const codes = codesOf(response);
    if (codes.length > 0) {
      problems.push(...codes.filter((code) => !COMMON_ERRORS.has(code)).map((code) => `${status} \`${code}\``));
      continue;
    }
    const { description, content } = response;
    const { name, rows } = shapeOf(content);
    parts.push(`Answers ${status}${name === '' ? '' : ` with ${name}`}: ${description}.`);
    if (rows.length > 0) {
      parts.push(fieldTable(rows));
    }
  }
  if (problems.length > 0) {
    parts.push(`Errors: ${problems.join(', ')}.`);
  }
  return parts.join('\n\n');
}

const operations = (items: Readonly<Record<string, PathItem>>, prefix: string) =>
  operationsOf(items).map(({ method, path, operation }) => ({
    id: operation.operationId,
    text: operationText(method, prefix + path, operation),
  }));

export function httpApiBlocks(document: OpenApiDocument) {
  const known = new Map(operations(document.paths, '/v1').map(({ id, text }) => [id, text]));
  const used = new Set<string>();
  return {
    /** The named operations, in this order. */
    operations: (names: string) =>
      names
        .split(' ')
        .map((name) => {
          const text = known.get(name);
          if (text === undefined || used.has(name)) {
            throw new RangeError(`there is no operation ${name}, or it is named twice`);
          }
          used.add(name);
          return text;
        })
        .join('\n\n'),
    /** Throws if an operation is not named by an earlier block. */
    objects: () => {
      const left = [...known.keys()].filter((name) => !used.has(name));
      if (left.length > 0) {
        throw new RangeError(`these operations are not documented: ${left.join(', ')}`);
      }
      return Object.entries(document.components.schemas)
        .map(([name, schema]) =>
          [
            `#### ${name}`,
            schema.description === undefined ? '' : `${schema.description}.`,
            fieldTable(fieldsOf(schema)),
          ]
            .filter((part) => part !== '')
            .join('\n\n'),
        )
        .join('\n\n');
    },
    'webhook-message': () =>
      operations(document.webhooks, '')
        .map(({ text }) => text.replace(/^#### .*$/m, '').trim())
        .join('\n\n'),
  };
}
