/** The parts of the page `/docs/api`: HTML of the OpenAPI document, without styles or scripts. Pure. */
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { COMMON_ERRORS, credentialOf, fieldsOf, type Row, rowOf, shapeOf } from './api-rows.ts';
import { ERROR_MEANINGS } from './error-meanings.ts';
import { curlOf } from './examples.ts';
import type { JsonSchema } from './json-schema.ts';
import {
  codesOf,
  nameOfRef,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  type PlacedOperation,
} from './openapi-model.ts';

type Schemas = OpenApiDocument['components']['schemas'];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/** Text with `code` and [links](#a) of Markdown. A link to another document is its text: the page stands alone. */
const inline = (text: string): string =>
  escaped(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_, label: string, to: string) =>
      to.startsWith('#') ? `<a href="${to}">${label}</a>` : label,
    );

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((cells) => line(cells, 'td')).join('\n');
  return rows.length === 0
    ? ''
    : `<div class="wide"><table><thead>${line(head, 'th')}</thead><tbody>\n${body}\n</tbody></table></div>`;
}

const fieldTable = (rows: readonly Row[]): string => table(['field', 'type', 'is'], rows);

/** By the resource of the scope that a token needs; other credentials are last. */
const TITLES: Readonly<Record<string, string>> = {
  keys: 'Signing keys',
  tokens: 'API tokens',
  gc: 'Garbage collection',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const scopeOf = ({ security = [] }: Operation): string | undefined => security[0]?.['apiToken']?.[0];

function groupOf({ operation }: PlacedOperation): string {
  const resource = scopeOf(operation)?.split(':')[0];
  if (resource !== undefined) {
    return TITLES[resource] ?? capital(resource);
  }
  return (operation.security ?? []).length === 0 ? 'Without a token' : 'Encoders';
}

function parametersOf({ parameters = [] }: Operation): string {
  const rows = parameters.map(({ name, in: where, required = false, schema }) => {
    const [field, type, is] = rowOf(name, schema, required);
    return [field, `${where}: ${type}`, is];
  });
  return rows.length === 0 ? '' : `<h4>Parameters</h4>${table(['parameter', 'in, type', 'is'], rows)}`;
}

/** The fields of a named body stand here too: a caller needs them at once. */
function bodyOf({ requestBody }: Operation, schemas: Schemas): string {
  if (requestBody === undefined) {
    return '';
  }
  const { name, rows } = shapeOf(requestBody.content);
  const ref = Object.values(requestBody.content)[0]?.schema.$ref;
  const fields = ref === undefined ? rows : fieldsOf(schemas[nameOfRef(ref)] ?? {});
  return `<h4>Body</h4><p>${inline(name)}</p>${fieldTable(fields)}`;
}

function answersOf({ responses }: Operation): string {
  const shown = Object.entries(responses).filter(([, response]) => codesOf(response).length === 0);
  return shown
    .map(([status, { description, content }]) => {
      const { name, rows } = shapeOf(content);
      const what = name === '' ? '' : ` with ${name}`;
      return `<p><strong>${status}</strong>${inline(what)}: ${inline(description)}.</p>${fieldTable(rows)}`;
    })
    .join('\n');
}

const errorLink = (code: string): string => `<a href="#error-${code}"><code>${code}</code></a>`;

function errorsOf({ responses }: Operation): string {
  const own = Object.entries(responses).flatMap(([status, response]) =>
    codesOf(response)
      .filter((code) => !COMMON_ERRORS.has(code))
      .map((code) => `<li>${status} ${errorLink(code)} ${escaped(ERRORS[code as ErrorCode]?.title ?? '')}</li>`),
  );
  return own.length === 0 ? '' : `<h4>Errors</h4><ul class="errors">${own.join('\n')}</ul>`;
}

function operationHtml(placed: PlacedOperation, schemas: Schemas): string {
  const { method, path, operation } = placed;
  const { operationId, summary } = operation;
  const search = `${method} /v1${path} ${operationId} ${summary}`.toLowerCase();
  return [
    `<section class="card operation" id="${operationId}" data-search="${escaped(search)}">`,
    `<h3><a href="#${operationId}"><span class="method" data-method="${method}">${method}</span> <code>/v1${escaped(path)}</code></a></h3>`,
    `<p>${inline(summary)}.</p>`,
    `<p class="facts"><code>${operationId}</code> · ${inline(credentialOf(operation))}</p>`,
    parametersOf(operation),
    bodyOf(operation, schemas),
    `<h4>Answers</h4>${answersOf(operation)}`,
    errorsOf(operation),
    `<pre><code>${escaped(curlOf(placed, schemas))}</code></pre>`,
    '</section>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const objectHtml = (name: string, schema: JsonSchema): string =>
  [
    `<section class="card" id="${name.toLowerCase()}" data-search="${escaped(name.toLowerCase())}">`,
    `<h3><a href="#${name.toLowerCase()}">${escaped(name)}</a></h3>`,
    schema.description === undefined ? '' : `<p>${inline(schema.description)}.</p>`,
    fieldTable(fieldsOf(schema)),
    '</section>',
  ].join('\n');

const errorHtml = (code: ErrorCode): string =>
  [
    `<section class="card" id="error-${code}" data-search="${code}">`,
    `<h3><a href="#error-${code}"><code>${code}</code></a> ${ERRORS[code].status}</h3>`,
    `<p>${escaped(ERRORS[code].title)}. ${inline(ERROR_MEANINGS[code])}</p>`,
    '</section>',
  ].join('\n');

type Group = { title: string; id: string; links: readonly string[]; sections: readonly string[] };

function groupsOf(document: OpenApiDocument): Group[] {
  const { schemas } = document.components;
  const operations = [...Map.groupBy(operationsOf(document.paths), groupOf)].map(
    ([title, all]): Group => ({
      title,
      id: `group-${title.toLowerCase().replaceAll(/\W+/g, '-')}`,
      links: all.map(
        ({ method, path, operation: { operationId } }) =>
          `<a href="#${operationId}"><span class="method" data-method="${method}">${method}</span> ${escaped(path)}</a>`,
      ),
      sections: all.map((placed) => operationHtml(placed, schemas)),
    }),
  );
  const isLast = ({ title }: Group) => title === 'Encoders' || title === 'Without a token';
  return [
    ...operations.filter((group) => !isLast(group)),
    ...operations.filter(isLast),
    {
      title: 'Objects',
      id: 'group-objects',
      links: Object.keys(schemas).map((name) => `<a href="#${name.toLowerCase()}">${escaped(name)}</a>`),
      sections: Object.entries(schemas).map(([name, schema]) => objectHtml(name, schema)),
    },
    {
      title: 'Errors',
      id: 'group-errors',
      links: [],
      sections: (Object.keys(ERRORS) as ErrorCode[]).map(errorHtml),
    },
  ];
}

/** The parts of console/docs/api.html, by the names of their places. */
function apiPageParts(document: OpenApiDocument): Readonly<Record<'contents' | 'common-errors' | 'groups', string>> {
  const groups = groupsOf(document);
  return {
    contents: groups
      .map(
        ({ title, id, links }) =>
          `<li><a class="group-link" href="#${id}">${escaped(title)}</a>${links.length === 0 ? '' : `<ul>${links.map((link) => `<li>${link}</li>`).join('')}</ul>`}</li>`,
      )
      .join('\n'),
    'common-errors': [...COMMON_ERRORS].map(errorLink).join(', '),
    groups: groups
      .map(
        ({ title, id, sections }) =>
          `<section class="group" id="${id}">\n<h2>${escaped(title)}</h2>\n${sections.join('\n')}\n</section>`,
      )
      .join('\n'),
  };
}

/** Puts the parts in the places `<!-- NAME -->` of the page. Throws if it has no such place. */
export function fillApiPage(html: string, document: OpenApiDocument): string {
  return Object.entries(apiPageParts(document)).reduce((page, [name, part]) => {
    const place = `<!-- ${name} -->`;
    if (!page.includes(place)) {
      throw new RangeError(`the page has no place for ${name}`);
    }
    return page.replace(place, () => part);
  }, html);
}
