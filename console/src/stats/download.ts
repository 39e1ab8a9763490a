/** Saves an answer of the API as a file: a link could not carry the token. */

/** Longer than the largest export takes; a call without an end would leave the button waiting for ever. */
const DOWNLOAD_MS = 60_000;

/** The server names the file; what is not a plain name is not taken over. */
export function fileNameOf(disposition: string | null, fallback: string): string {
  return /filename="([A-Za-z0-9][A-Za-z0-9._-]{0,150})"/.exec(disposition ?? '')?.[1] ?? fallback;
}

/** Throws what `open` throws. */
export async function download(open: (signal: AbortSignal) => Promise<Response>, fallbackName: string): Promise<void> {
  const response = await open(AbortSignal.timeout(DOWNLOAD_MS));
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = fileNameOf(response.headers.get('content-disposition'), fallbackName);
  link.click();
  // The browser has taken hold of the blob by the next turn.
  setTimeout(() => URL.revokeObjectURL(url));
}
