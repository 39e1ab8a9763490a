/** The few calls of the control API that the scripts make. What comes back is checked like any other input. */
import { z } from 'zod';

export const assetSchema = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(['waiting', 'queued', 'encoding', 'ready', 'failed']),
  progress: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
  job: z.object({ id: z.string() }).nullish(),
});
export type Asset = z.infer<typeof assetSchema>;

const pageSchema = z.object({ assets: z.array(assetSchema) });
const linksSchema = z.object({ token: z.string(), hls: z.url(), dash: z.url(), watch: z.url() });
export type Links = z.infer<typeof linksSchema>;

const CALL_TIMEOUT_MS = 30_000;
/** The most that one page of the list holds. */
const PAGE_LIMIT = 100;

/** An answer of the control API that is not one of success. */
export class ApiError extends Error {
  readonly status: number;

  constructor(call: string, status: number, text: string) {
    super(`${call}: ${status} ${text.slice(0, 500)}`);
    this.status = status;
  }
}

export type Api = {
  /** The newest assets, at most 100. */
  listAssets(): Promise<Asset[]>;
  readAsset(id: string): Promise<Asset>;
  createAsset(objectKey: string, title: string): Promise<Asset>;
  signLinks(id: string, expiresInSeconds: number): Promise<Links>;
};

/** Calls throw an ApiError with the status and the problem document's text. */
export function connectApi(url: string, apiToken: string): Api {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${apiToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    if (!response.ok) {
      throw new ApiError(`${method} ${path}`, response.status, await response.text());
    }
    return response.json();
  };
  return {
    async listAssets() {
      return pageSchema.parse(await call('GET', `/v1/assets?limit=${PAGE_LIMIT}`)).assets;
    },
    async readAsset(id) {
      return assetSchema.parse(await call('GET', `/v1/assets/${id}`));
    },
    async createAsset(objectKey, title) {
      return assetSchema.parse(await call('POST', '/v1/assets', { source: { object: objectKey }, title }));
    },
    async signLinks(id, expiresInSeconds) {
      return linksSchema.parse(await call('POST', `/v1/assets/${id}/links`, { expiresIn: expiresInSeconds }));
    },
  };
}
