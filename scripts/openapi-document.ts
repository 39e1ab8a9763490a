/**
 * Reads the OpenAPI document that the Worker serves at `/v1/openapi.json`, without workerd: Node imports the app with
 * stubs for the runtime's modules and requests that one route.
 */
import { registerHooks } from 'node:module';

/** What the app imports from the runtime. If a name is missing here, the import fails and names it. */
const RUNTIME = `
  export class DurableObject {}
  export class WorkerEntrypoint {}
  export class WorkflowEntrypoint {}
  export class NonRetryableError extends Error {}
  export const env = {}, exports = {};
  export const waitUntil = () => {};
`;
const RUNTIME_URL = `data:text/javascript,${encodeURIComponent(RUNTIME)}`;

/** Every request may report metrics, so this binding must exist. */
const ENV = { METRICS: { idFromName: () => 'main', get: () => ({ report: async () => false }) } };

type App = { request(path: string, init: RequestInit, env: object): Promise<Response> };

/** Returns JSON text. */
export async function readOpenApiText(): Promise<string> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith('cloudflare:') ? { url: RUNTIME_URL, shortCircuit: true } : next(specifier, context),
  });
  // Not a literal path: the Worker's files belong to another TypeScript project (tsconfig.json).
  const { app }: { app: App } = await import(new URL('../src/app.ts', import.meta.url).href);
  hooks.deregister();
  const response = await app.request('/v1/openapi.json', {}, ENV);
  if (!response.ok) {
    throw new Error(`the app answered ${response.status}: ${await response.text()}`);
  }
  return response.text();
}
