/** Writes HLS tags with attribute lists (RFC 8216 4.2). Refuses values that would break out of their attribute. */

/** Made by the functions below only, so that every value in a list has passed the check of its type. */
export type AttributeValue = { readonly text: string };

/** A quoted-string cannot hold line feeds, carriage returns or double quotes, and has no way to escape them. */
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

/** `#NAME:A=1,B="x"`, in the order given, without undefined attributes. */
export function tag(name: string, attributes: Readonly<Record<string, AttributeValue | undefined>>): string {
  const list = Object.entries(attributes).flatMap(([attribute, value]) => (value ? `${attribute}=${value.text}` : []));
  return `#${name}:${list.join(',')}`;
}
