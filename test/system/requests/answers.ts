/** Holds answers against the OpenAPI document: their status, their type, their body, and what was accepted. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats, { type FormatsPlugin } from 'ajv-formats';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import {
  codesOf,
  type OpenApiDocument,
  type OperationResponse,
  type PlacedOperation,
} from '../../../scripts/docs/openapi-model.ts';

export type Answer = { status: number; headers: Headers; text: string };

/** A schema in which an object has no members but those named: the document may not leave any out. */
function closed(schema: unknown, isPart = false): unknown {
  if (Array.isArray(schema)) {
    return schema.map((item) => closed(item));
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const members = Object.entries(schema).map(([key, value]) => {
    // A part of a whole does not know the members of the others.
    if (key === 'allOf' && Array.isArray(value)) {
      return [key, value.map((part) => closed(part, true))];
    }
    return [key, key === '$ref' && isPart ? String(value).replace('#/components/', '#/open/') : closed(value)];
  });
  const isClosed = !isPart && !('additionalProperties' in schema) && ('properties' in schema || 'allOf' in schema);
  return { ...Object.fromEntries(members), ...(isClosed ? { unevaluatedProperties: false } : {}) };
}

/** Compiles the schemas of places in the document, such as `paths`, `/assets`, `post`, …, when they are needed. */
export function newValidators(document: OpenApiDocument): (place: readonly string[]) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: true });
  // A CommonJS module: Node's default import is the module, Vite's is its default export.
  const plugin: FormatsPlugin = Object(addFormats).default ?? addFormats;
  plugin(ajv);
  const open = Object.fromEntries(
    Object.entries(document.components.schemas).map(([name, schema]) => [name, closed(schema, true)]),
  );
  const { paths, components } = document;
  ajv.addSchema({ $id: 'api', ...Object(closed({ paths, components })), open: { schemas: open } });
  return (place) => {
    const pointer = place.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.getSchema(`api#/${pointer}`);
    if (validate === undefined) {
      throw new RangeError(`the document has no ${place.join(' ')}`);
    }
    return validate;
  };
}

async function eventsOf(text: string): Promise<unknown[]> {
  // The last event may be cut off.
  const whole = text.slice(0, text.lastIndexOf('\n\n') + 2);
  const events: unknown[] = [];
  for await (const { event, id, data } of new Blob([whole])
    .stream()
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())) {
    events.push({ event, ...(id === undefined ? {} : { id }), data: JSON.parse(data) });
  }
  return events;
}

/** Undefined for what is no JSON. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What is wrong with an answer; nothing if it is as the document says. */
export function newAnswerCheck(document: OpenApiDocument) {
  const validators = newValidators(document);

  async function faultsOfBody(
    place: readonly string[],
    { content = {} }: OperationResponse,
    { headers, text }: Answer,
  ): Promise<string[]> {
    const type = headers.get('content-type')?.replace(/\s*;.*/, '') ?? '';
    if (Object.keys(content).length === 0) {
      return text === '' ? [] : ['has a body, and none is declared'];
    }
    if (!(type in content)) {
      return [`has the undeclared type ${type}`];
    }
    // Lines of JSON are none, and may be of no line.
    if (!/[/+]json$|event-stream/.test(type)) {
      return [];
    }
    const validate = validators([...place, 'content', type, 'schema']);
    const values = type === 'text/event-stream' ? await eventsOf(text) : [jsonOf(text)];
    return values.flatMap((value) =>
      validate(value)
        ? []
        : (validate.errors ?? []).map(
            (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
          ),
    );
  }

  /** `sent`: the JSON of the request, undefined where it sent none. */
  return async function faultsOf(placed: PlacedOperation, sent: unknown, answer: Answer): Promise<string[]> {
    const { path, operation } = placed;
    const { status, headers, text } = answer;
    const place = ['paths', path, placed.method.toLowerCase()];
    const declared = operation.responses[status];
    if (status >= 500 || declared === undefined) {
      return [status >= 500 ? 'is a fault' : 'has an undeclared status'];
    }
    const missing = Object.entries(declared.headers ?? {}).filter(
      ([name, { required = false }]) => required && !headers.has(name),
    );
    const codes = codesOf(declared);
    if (placed.method.toUpperCase() === 'HEAD') {
      // Headers alone, also of a refusal (RFC 9110, 9.3.2).
      return text === '' ? [] : ['has a body'];
    }
    const code = codes.length === 0 ? undefined : Object(jsonOf(text)).code;
    const type = 'application/json';
    const refuses =
      status < 300 && sent !== undefined && type in (operation.requestBody?.content ?? {})
        ? validators([...place, 'requestBody', 'content', type, 'schema'])
        : null;
    return [
      ...(await faultsOfBody([...place, 'responses', String(status)], declared, answer)),
      ...missing.map(([name]) => `has no header ${name}`),
      ...(codes.length === 0 || codes.includes(code) ? [] : [`has the undeclared code ${code}`]),
      ...(refuses === null || refuses(sent)
        ? []
        : [
            `accepts a body that its schema refuses: ${refuses.errors?.[0]?.instancePath} ${refuses.errors?.[0]?.message}`,
          ]),
    ];
  };
}
