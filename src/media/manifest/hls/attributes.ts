/** Writes HLS tags with attribute lists (RFC 8216 4.2). A value that would break out of its place is refused. */

/** Only the functions below make one, so every value in a list has been through the check of its type. */
export type AttributeValue = { readonly text: string };

/** A quoted-string: no line feed, carriage return or double quote may be in it, and there is no way to escape one. */
export function quoted(text: string): AttributeValue {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused here
  if (/["\x00-\x1f\x7f]/.test(text)) {
    throw new TypeError('an HLS quoted-string cannot hold quotes or control characters');
  }
  return { text: `"${text}"` };
}

export function enumerated(text: string): AttributeValue {
  if (!/^[A-Z0-9-]+$/.test(text)) {
    throw new TypeError(`not an HLS enumerated-string: ${JSON.stringify(text)}`);
  }
  return { text };
}

export function decimalInteger(value: number): AttributeValue {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`not an HLS decimal-integer: ${value}`);
  }
  return { text: String(value) };
}

export function decimalFloat(value: number, digits: number): AttributeValue {
  if (!Number.isFinite(value) || value < 0) {
    throw new TypeError(`not an HLS decimal-floating-point: ${value}`);
  }
  return { text: value.toFixed(digits) };
}

export const resolution = (width: number, height: number): AttributeValue => ({
  text: `${decimalInteger(width).text}x${decimalInteger(height).text}`,
});

/** `#NAME:A=1,B="x"`, in the order given; what is undefined is left out. */
export function tag(name: string, attributes: Readonly<Record<string, AttributeValue | undefined>>): string {
  const list = Object.entries(attributes)
    .filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined)
    .map(([attribute, { text }]) => `${attribute}=${text}`);
  return `#${name}:${list.join(',')}`;
}
