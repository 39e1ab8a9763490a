import type { Api } from '../client/api.ts';
import type { Schemas } from '../client/api-types.ts';

export type Link = Schemas['Link'];

/** Signs a playback link. Throws ApiError. */
export async function signLink(api: Api, assetId: string, expiresIn: number): Promise<Link> {
  const link = await api.call('POST /assets/{id}/links', { path: { id: assetId }, body: { expiresIn } });
  if (!('hls' in link)) {
    throw new Error('the API answered with an image link, not a playback link');
  }
  return link;
}
