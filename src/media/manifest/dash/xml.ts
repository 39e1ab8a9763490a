/** As much XML as an MPD needs: elements with attributes and text, all of it escaped. */

/** Only the functions below make one, so no unescaped text can get into a document. */
export type Xml = { readonly xml: string };
export type XmlAttributes = Readonly<Record<string, string | number | undefined>>;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  // Control characters and lone surrogates cannot stand in XML 1.0, not even escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused here
  if (/[\x00-\x1f\x7f\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    throw new TypeError('XML text cannot hold control characters or broken surrogates');
  }
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}

/** What is undefined is left out. Children stand on lines of their own: readable without the bytes of indentation. */
export function element(name: string, attributes: XmlAttributes, children: readonly Xml[] = []): Xml {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escapeXml(String(value))}"`)
    .join('');
  if (children.length === 0) {
    return { xml: `<${name}${list}/>` };
  }
  return { xml: `<${name}${list}>\n${children.map((child) => child.xml).join('\n')}\n</${name}>` };
}

/** An element with text alone: white space within a BaseURL would be part of the URL to some parsers. */
export const textElement = (name: string, content: string): Xml => ({
  xml: `<${name}>${escapeXml(content)}</${name}>`,
});

export const document = (root: Xml): string => `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
