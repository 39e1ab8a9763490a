/** The OpenAPI document → what a table says of its parameters, bodies and answers, with `code` and [links](#a) of Markdown. Pure. */
import { type JsonSchema, typeOf } from './json-schema.ts';
import type { Content, Operation } from './openapi-model.ts';

/** Errors that any call may answer. The page explains them once. */
export const COMMON_ERRORS = new Set([
  ...['invalid_request', 'invalid_json', 'request_aborted', 'unauthorized', 'body_too_large', 'unsupported_media_type'],
  ...['scope_missing', 'rate_limited', 'internal', 'misconfigured'],
  ...['idempotency_running', 'idempotency_key_reused', 'idempotency_answer_too_large'],
]);

/** A parameter of every POST, which docs/guide/api.md explains. */
export const COMMON_PARAMETER = 'idempotency-key';

const CREDENTIALS: Readonly<Record<string, string>> = { apiToken: 'API token', encoderToken: 'encoder token' };

export type Row = [field: string, type: string, is: string];

export function rowOf(name: string, schema: JsonSchema, isRequired: boolean): Row {
  const shown = schema.default === undefined ? '' : `, default \`${JSON.stringify(schema.default)}\``;
  return [`\`${name}\`${isRequired ? '' : ' (optional)'}`, `${typeOf(schema)}${shown}`, schema.description ?? ''];
}

/** The fields of an object. Fields of nested objects are shown with their path. */
export function fieldsOf(schema: JsonSchema, prefix = ''): Row[] {
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

/** The name of a schema, such as `Asset`, or the fields of an unnamed object. */
export function shapeOf(content: Content | undefined): { name: string; rows: Row[] } {
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

export function credentialOf({ security = [] }: Operation): string {
  const names = security.flatMap((one) =>
    Object.entries(one).map(([name, scopes]) =>
      [CREDENTIALS[name] ?? name, ...scopes.map((scope) => `with \`${scope}\``)].join(' '),
    ),
  );
  return names.length === 0 ? 'no token' : names.join(' or ');
}
