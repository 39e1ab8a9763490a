/** Bytes of a text file → text: one kind of line end, no control characters. */
import { cleanControls } from './clean-controls.ts';

export type Decoded = { text: string; encoding: string };

const startsWith = (bytes: Uint8Array, ...first: number[]): boolean => first.every((byte, at) => bytes[at] === byte);

function decodeAs(bytes: Uint8Array, encoding: string, fatal: boolean): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal, ignoreBOM: false }).decode(bytes);
  } catch {
    return;
  }
}

export function decodeText(bytes: Uint8Array, _language?: string): Decoded {
  const encoding = startsWith(bytes, 0xff, 0xfe) ? 'utf-16le' : startsWith(bytes, 0xfe, 0xff) ? 'utf-16be' : 'utf-8';
  return { text: cleanControls(decodeAs(bytes, encoding, false) ?? ''), encoding };
}
