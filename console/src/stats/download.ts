/** Saves an answer of the API as a file. A plain link could not send the token. */
import { make } from '../make.ts';

/** Longer than the largest export takes. It ends calls that hang, which would keep the button disabled. */
const DOWNLOAD_MS = 60_000;

/** The file name that the server gives, if it is a plain name. */
export function fileNameOf(disposition: string | null, fallback: string): string {
  return /filename="([A-Za-z0-9][A-Za-z0-9._-]{0,150})"/.exec(disposition ?? '')?.[1] ?? fallback;
}

/** Throws what `open` throws. */
export async function download(open: (signal: AbortSignal) => Promise<Response>, fallbackName: string): Promise<void> {
  const response = await open(AbortSignal.timeout(DOWNLOAD_MS));
  const url = URL.createObjectURL(await response.blob());
  const name = fileNameOf(response.headers.get('content-disposition'), fallbackName);
  make('a', { href: url, download: name }).click();
  // By the next turn of the event loop, the browser holds the blob.
  setTimeout(() => URL.revokeObjectURL(url));
}
