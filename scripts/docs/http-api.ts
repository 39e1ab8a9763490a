/** The operations and objects of docs/reference/http-api.md, from the OpenAPI document. Pure. */
import { COMMON_ERRORS, COMMON_PARAMETER, credentialOf, fieldsOf, type Row, rowOf, shapeOf } from './api-rows.ts';
import { markdownTable } from './markdown.ts';
import { codesOf, type OpenApiDocument, type Operation, operationsOf, type PathItem } from './openapi-model.ts';

const fieldTable = (rows: readonly Row[]): string => markdownTable(['field', 'type', 'is'], rows);

function operationText(method: string, path: string, operation: Operation): string {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  const parts = [`#### \`${method} ${path}\``, `${summary}. Operation \`${operationId}\`, ${credentialOf(operation)}.`];
  const asked = parameters.filter(
    ({ name, in: where, schema }) =>
      name !== COMMON_PARAMETER && (where !== 'path' || schema.description !== undefined),
  );
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
