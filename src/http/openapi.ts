/** `/v1/openapi.json`: the control API's description, made from the schemas that check its requests. */
import type { OpenAPIHono } from '@hono/zod-openapi';

export function documented<Bindings extends object>(router: OpenAPIHono<{ Bindings: Bindings }>): void {
  const bearer = { type: 'http', scheme: 'bearer' } as const;
  router.openAPIRegistry.registerComponent('securitySchemes', 'apiToken', bearer);
  router.openAPIRegistry.registerComponent('securitySchemes', 'encoderToken', bearer);
  router.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Sluice control API', version: '1' },
    servers: [{ url: '/v1' }],
  });
}
