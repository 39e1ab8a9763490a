/** `/v1/openapi.json`: the description of the control API, made from the schemas that check its requests. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { IDEMPOTENCY_KEY } from './idempotency.ts';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;

/** The security scheme of callers with an API token (router.ts). */
const API_TOKEN = 'apiToken';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

export function documented<Bindings extends object>(router: OpenAPIHono<{ Bindings: Bindings }>): void {
  const bearer = { type: 'http', scheme: 'bearer' } as const;
  router.openAPIRegistry.registerComponent('securitySchemes', API_TOKEN, bearer);
  router.openAPIRegistry.registerComponent('securitySchemes', 'encoderToken', bearer);
  let text: string | null = null;
  const write = (): string => {
    const document = router.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Sluice control API', version: '1' },
      servers: [{ url: '/v1' }],
    });
    addCommonProblems(document);
    // The router writes the names of webhooks like paths.
    const webhooks = Object.entries(document.webhooks ?? {}).map(([name, item]) => [name.replace(/^\//, ''), item]);
    return JSON.stringify({ ...document, webhooks: Object.fromEntries(webhooks) });
  };
  // Open to all, and it takes tens of milliseconds of CPU to write: once in each isolate.
  router.get('/openapi.json', (c) => {
    text ??= write();
    return c.body(text, 200, { 'content-type': 'application/json' });
  });
}

const isJson = (body: Operation['requestBody']): boolean =>
  body !== undefined && 'content' in body && 'application/json' in body.content;

const scopesOf = ({ security = [] }: Operation): string[] | undefined =>
  security.find((scheme) => API_TOKEN in scheme)?.[API_TOKEN];

/** What takes another credential too is not behind the middleware: uploads, which resume in their own way. */
const isRepeatable = (method: string, { security = [] }: Operation): boolean =>
  method === 'post' && security.length === 1 && API_TOKEN in (security[0] ?? {});

/** What the middleware before operations with an API token answers. */
function tokenProblems(method: string, operation: Operation): ErrorCode[] {
  const scopes = scopesOf(operation);
  if (scopes === undefined) {
    return [];
  }
  return [
    'rate_limited',
    'unavailable',
    ...(scopes.length === 0 ? [] : (['scope_missing'] as const)),
    ...(isRepeatable(method, operation)
      ? (['idempotency_key_reused', 'idempotency_running', 'idempotency_answer_too_large'] as const)
      : []),
  ];
}

const IDEMPOTENCY_PARAMETER = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: IDEMPOTENCY_KEY.source },
  description: 'Of this call alone. Repeated with it within 24 hours, the call runs once and is answered alike.',
} as const;

/** What the router and its middleware answer to wrong requests. */
function commonProblems(method: string, operation: Operation): ErrorCode[] {
  const { parameters = [], requestBody, security = [] } = operation;
  return [
    ...(parameters.length > 0 || requestBody !== undefined ? (['invalid_request'] as const) : []),
    ...(isJson(requestBody) ? (['unsupported_media_type'] as const) : []),
    ...(method === 'get' || method === 'head' ? [] : (['invalid_json', 'request_aborted', 'body_too_large'] as const)),
    ...(security.length === 0 ? [] : (['unauthorized'] as const)),
    ...tokenProblems(method, operation),
    'internal',
    'misconfigured',
  ];
}

/** To every operation, so that no route can forget to declare them. */
function addCommonProblems({ paths = {} }: Document): void {
  for (const item of Object.values(paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation !== undefined) {
        if (isRepeatable(method, operation)) {
          operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_PARAMETER];
        }
        addProblems(operation, commonProblems(method, operation));
      }
    }
  }
}

function addProblems(operation: Operation, codes: readonly ErrorCode[]): void {
  operation.responses ??= {};
  for (const code of codes) {
    const { status } = ERRORS[code];
    const declared = operation.responses[status]?.description.split(', ') ?? [];
    operation.responses[status] = {
      description: [...new Set([...declared, code])].join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
}
