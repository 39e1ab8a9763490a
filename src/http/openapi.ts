/** `/v1/openapi.json`: the control API's description, made from the schemas that check its requests. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { ERRORS, type ErrorCode } from '../errors.ts';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export function documented<Bindings extends object>(router: OpenAPIHono<{ Bindings: Bindings }>): void {
  const bearer = { type: 'http', scheme: 'bearer' } as const;
  router.openAPIRegistry.registerComponent('securitySchemes', 'apiToken', bearer);
  router.openAPIRegistry.registerComponent('securitySchemes', 'encoderToken', bearer);
  let text: string | null = null;
  const write = (): string => {
    const document = router.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Sluice control API', version: '1' },
      servers: [{ url: '/v1' }],
    });
    // They are names, which the router takes for paths.
    const webhooks = Object.entries(document.webhooks ?? {}).map(([name, item]) => [name.replace(/^\//, ''), item]);
    return JSON.stringify({ ...withCommonProblems(document), webhooks: Object.fromEntries(webhooks) });
  };
  // Open to all, and tens of milliseconds of CPU to make: once for each isolate.
  router.get('/openapi.json', (c) => {
    text ??= write();
    return c.body(text, 200, { 'content-type': 'application/json' });
  });
}

const isJson = (body: Operation['requestBody']): boolean =>
  body !== undefined && 'content' in body && 'application/json' in body.content;

/** What the router, and the middleware around it, answer to wrong requests: no route can forget to say so. */
function commonProblems(method: string, { parameters = [], requestBody, security = [] }: Operation): ErrorCode[] {
  return [
    ...(parameters.length > 0 || requestBody !== undefined ? (['invalid_request'] as const) : []),
    ...(isJson(requestBody) ? (['invalid_json', 'unsupported_media_type'] as const) : []),
    ...(method === 'get' ? [] : (['request_aborted', 'body_too_large'] as const)),
    ...(security.length === 0 ? [] : (['unauthorized'] as const)),
    'internal',
    'misconfigured',
  ];
}

function withCommonProblems(document: Document): Document {
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation !== undefined) {
        addProblems(operation, commonProblems(method, operation));
      }
    }
  }
  return document;
}

function addProblems(operation: Operation, codes: readonly ErrorCode[]): void {
  const responses = operation.responses ?? {};
  for (const code of codes) {
    const { status } = ERRORS[code];
    const declared = responses[status]?.description.split(', ') ?? [];
    responses[status] = {
      description: [...new Set([...declared, code])].join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  operation.responses = responses;
}
