/** Uploads a file by tus, which goes on where a broken connection, a closed page or an ended process left it. */
import { DetailedError, defaultOptions, type UploadOptions as TusOptions, Upload } from 'tus-js-client';
import { type Access, ApiError, createClient } from './api.ts';
import type { Schemas } from './api-types.ts';
import { pause } from './pause.ts';

/** Cloudflare refuses request bodies above 100 MB. Three multiparts of R2 (16 MiB) fit well below. */
const CHUNK_BYTES = 48 * 1024 ** 2;
/** About two minutes without a byte; counted anew after each chunk that arrives. */
const RETRY_DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000];
/** Refusals that pass: another writer, too many requests. Other 4xx would be refused again. */
const PASSING_STATUSES = [409, 423, 429];

/** A finished upload becomes an asset at once, or a minute later if the catalog has just failed. */
const ASSET_POLL_MS = 1_000;
const ASSET_POLLS_MAX = 90;
const HEAD_TIMEOUT_MS = 30_000;

/** As `POST /assets` takes it, without `source`. */
export type NewAsset = Omit<Schemas['CreateAsset'], 'source'>;

export type UploadOptions = (Access | { /** From `POST /uploads/links`: needs no token. */ link: string }) & {
  /** Browsers: a File or Blob. Node: a stream of `createReadStream`, or a Buffer. */
  file: ConstructorParameters<typeof Upload>[0];
  fileName: string;
  /** Becomes an asset with these properties when all bytes have arrived; `{}` for the defaults. Not with `link`. */
  asset?: NewAsset;
  onProgress?: (bytesSent: number, bytesTotal: number) => void;
  /**
   * Called once at most, while the file is sent: `standard` if it will play as soon as it has arrived, else the code of why it
   * is encoded first (`look` in the API). Not for files whose index is at their end.
   */
  onLook?: (look: string) => void;
  /** Stops sending. What has arrived is kept for a day: the same call goes on from there. */
  signal?: AbortSignal;
  /** Remembers uploads under way. Browsers: `localStorage` by default. Node: nothing by default. */
  urlStorage?: NonNullable<TusOptions['urlStorage']>;
};

export type Uploaded = {
  /** For `{upload}` as a source. */
  upload: string;
  /** The asset that it became. */
  asset: string | null;
};

/** Throws ApiError, or the signal's reason. */
export async function uploadFile(options: UploadOptions): Promise<Uploaded> {
  const { asset, signal } = options;
  const url = await send(options);
  const [, id = ''] = /([0-9a-z]{16})[0-9a-z]*$/.exec(new URL(url).pathname) ?? [];
  if ('link' in options) {
    return { upload: id, asset: await assetByUrl(url) };
  }
  return { upload: id, asset: asset === undefined ? null : await assetOf(options, id, signal) };
}

/** Resolves with the upload's URL when the server has all bytes. */
function send(options: UploadOptions): Promise<string> {
  const { file, fileName, asset, onProgress, signal, urlStorage, ...target } = options;
  const tellLook = once(options.onLook);
  return new Promise((resolve, reject) => {
    const metadata = { filename: fileName, ...(asset === undefined ? {} : { asset: JSON.stringify(asset) }) };
    const upload = new Upload(file, {
      endpoint: 'link' in target ? target.link : new URL('/v1/uploads', target.server).href,
      metadata,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      removeFingerprintOnSuccess: true,
      ...(urlStorage === undefined ? {} : { urlStorage }),
      // A file that is to become another asset is another upload.
      fingerprint: async (input, options) =>
        `${await defaultOptions.fingerprint(input, options)}-${JSON.stringify(metadata)}`,
      onBeforeRequest(request) {
        // The upload's URL is its own credential, and may be of another host.
        if ('token' in target && request.getMethod() === 'POST') {
          request.setHeader('authorization', `Bearer ${target.token}`);
        }
      },
      onAfterResponse(request, response) {
        // The library would begin a new upload, also where a proxy is only unavailable.
        const status = response.getStatus();
        if (request.getMethod() === 'HEAD' && (status === 429 || status >= 500)) {
          throw new Error(`the server answered ${status}`);
        }
        tellLook(response.getHeader('sluice-look'));
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status < 400 || status >= 500 || PASSING_STATUSES.includes(status);
      },
      onProgress: onProgress ?? null,
      onSuccess: () => resolve(upload.url ?? ''),
      onError: (error) => reject(apiErrorOf(error)),
    });
    const stop = () => {
      void upload.abort();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
    const start = async () => {
      const [known] = (await upload.findPreviousUploads()).toSorted((one, other) =>
        other.creationTime.localeCompare(one.creationTime),
      );
      if (signal?.aborted) {
        return stop();
      }
      if (known !== undefined) {
        upload.resumeFromPreviousUpload(known);
      }
      upload.start();
    };
    start().catch(reject);
  });
}

function once(tell: UploadOptions['onLook']): (look: string | undefined) => void {
  let isTold = false;
  return (look) => {
    // Browsers give null for a header that is missing.
    if (!isTold && (look ?? '') !== '') {
      isTold = true;
      tell?.(look ?? '');
    }
  };
}

/** The library's messages hold the URL of the upload, which is a credential. */
function apiErrorOf(error: Error): ApiError {
  if (!(error instanceof DetailedError)) {
    return new ApiError('upload', 0, '', error);
  }
  const { originalResponse, causingError } = error;
  return originalResponse === null
    ? new ApiError('upload', 0, '', causingError ?? 'the connection broke')
    : new ApiError('upload', originalResponse.getStatus(), originalResponse.getBody());
}

/** Of an upload by link, if it is told at once: what the file becomes is the link's affair. */
async function assetByUrl(url: string): Promise<string | null> {
  const headers = { 'tus-resumable': '1.0.0' };
  const signal = AbortSignal.timeout(HEAD_TIMEOUT_MS);
  const answer = await fetch(url, { method: 'HEAD', headers, signal }).catch(() => null);
  return answer?.headers.get('sluice-asset') ?? null;
}

/** Waits for the asset. Throws ApiError when the file cannot become one. */
async function assetOf(access: Access, id: string, signal?: AbortSignal): Promise<string> {
  const api = createClient(access);
  for (let poll = 0; poll < ASSET_POLLS_MAX; poll += 1) {
    signal?.throwIfAborted();
    const { asset, state, error } = await api.call('GET /uploads/{id}', { path: { id } });
    if (state === 'finished' && asset !== null) {
      return asset;
    }
    if (state !== 'open' && state !== 'finished') {
      const problem = { code: error?.code ?? state, title: error?.message ?? `The upload is ${state}` };
      throw new ApiError('upload', 409, JSON.stringify(problem));
    }
    await pause(ASSET_POLL_MS, signal);
  }
  throw new ApiError('upload', 0, '', 'the file has arrived, but it has not become an asset yet');
}
