/** JSON Schema, as zod and the OpenAPI document use it, and its short description in a table. Pure. */

export type JsonSchema = {
  $ref?: string;
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  /** Not JSON Schema: shown instead of a default that depends on the machine. */
  shownDefault?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  /** The items of a tuple. */
  prefixItems?: readonly JsonSchema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
};

const codes = (values: readonly unknown[]): string => values.map((value) => `\`${String(value)}\``).join(', ');

/** ` 1–20`, ` ≥ 1`, or nothing. */
function range({ minimum, maximum }: JsonSchema): string {
  if (maximum !== undefined) {
    return ` ${minimum ?? 0}–${maximum}`;
  }
  return minimum === undefined ? '' : ` ≥ ${minimum}`;
}

function lengths({ minLength = 0, maxLength }: JsonSchema): string {
  if (maxLength === undefined) {
    return minLength > 1 ? `, at least ${minLength} characters` : '';
  }
  return `, ${minLength > 0 ? `${minLength}–` : 'up to '}${maxLength} characters`;
}

function plainType(schema: JsonSchema, type: string): string {
  switch (type) {
    case 'integer':
    case 'number':
      return `${type}${range(schema)}`;
    case 'string':
      return `${schema.format ?? 'string'}${lengths(schema)}`;
    case 'array':
      return schema.prefixItems === undefined
        ? `array of ${typeOf(schema.items ?? {})}`
        : `[${schema.prefixItems.map(typeOf).join(', ')}]`;
    default:
      return type;
  }
}

export function typeOf(schema: JsonSchema): string {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) {
    return [...new Set(variants.map(typeOf))].join(' or ');
  }
  if (schema.$ref !== undefined) {
    // `#/components/schemas/Asset`
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.enum !== undefined) {
    return codes(schema.enum);
  }
  if (schema.const !== undefined) {
    return codes([schema.const]);
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']);
  return types.map((type) => plainType(schema, type)).join(' or ');
}
