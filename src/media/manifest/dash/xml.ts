/** The XML that an MPD needs: elements with attributes and text, escaped. */

/** Made by the functions below only, so that no unescaped text gets into a document. */
export type Xml = { readonly xml: string };

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  // Control characters and lone surrogates cannot stand in XML 1.0, not even escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused here
  if (/[\x00-\x1f\x7f\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    throw new TypeError('XML text cannot hold control characters or broken surrogates');
  }
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}

/** Leaves undefined attributes out. Each child has its own line: readable without the bytes of indentation. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  children: readonly Xml[] = [],
): Xml {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escapeXml(String(value))}"`)
    .join('');
  const lines = children.map(({ xml }) => xml).join('\n');
  return { xml: lines === '' ? `<${name}${list}/>` : `<${name}${list}>\n${lines}\n</${name}>` };
}

/** An element with text only, without white space: to some parsers it would be part of a BaseURL. */
export const textElement = (name: string, content: string): Xml => ({
  xml: `<${name}>${escapeXml(content)}</${name}>`,
});

export const document = (root: Xml): string => `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
