/** What the reference, its page and the generator of requests read of the OpenAPI document. Pure. */
import type { JsonSchema } from './json-schema.ts';

export type Content = Readonly<Record<string, { schema: JsonSchema }>>;
export type Parameter = { name: string; in: string; required?: boolean; schema: JsonSchema };
export type OperationResponse = {
  description: string;
  content?: Content;
  headers?: Readonly<Record<string, { required?: boolean }>>;
};
export type Operation = {
  operationId: string;
  summary: string;
  security?: readonly Readonly<Record<string, readonly string[]>>[];
  parameters?: readonly Parameter[];
  requestBody?: { content: Content; required?: boolean };
  responses: Readonly<Record<string, OperationResponse>>;
};
export type PathItem = Readonly<Record<string, Operation>>;
export type OpenApiDocument = {
  paths: Readonly<Record<string, PathItem>>;
  webhooks: Readonly<Record<string, PathItem>>;
  components: { schemas: Readonly<Record<string, JsonSchema>> };
};

/** An operation with its place: the method in capitals, the path as the document has it. */
export type PlacedOperation = { method: string; path: string; operation: Operation };

export const operationsOf = (items: Readonly<Record<string, PathItem>>): PlacedOperation[] =>
  Object.entries(items).flatMap(([path, item]) =>
    Object.entries(item)
      // An item may also hold parameters, which are not an operation.
      .filter(([, operation]) => operation.responses !== undefined)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

/** `Asset` of `#/components/schemas/Asset`. */
export const nameOfRef = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

/** The codes of a problem answer, which its description lists; of any other answer, none. */
export const codesOf = ({ description, content = {} }: OperationResponse): string[] =>
  'application/problem+json' in content ? description.split(', ') : [];
