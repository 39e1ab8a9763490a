/** The page `/docs/api`: all of the document is on it, escaped, and its examples are what the document accepts. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fillApiPage } from '../../scripts/docs/api-page.ts';
import { curlOf, exampleOf } from '../../scripts/docs/examples.ts';
import { type OpenApiDocument, operationsOf, type PlacedOperation } from '../../scripts/docs/openapi-model.ts';
import { ROOT } from '../../scripts/system.ts';
import { newValidators } from '../system/requests/answers.ts';

const TEMPLATE = readFileSync(join(ROOT, 'console/docs/api.html'), 'utf8');

let document: OpenApiDocument;
let html: string;
let placed: PlacedOperation[];

beforeAll(() => {
  // In a process of its own: reading the OpenAPI document hooks into Node's module loader, which vitest's passes by.
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/openapi.ts')], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(stderr).toBe('');
  document = JSON.parse(stdout);
  placed = operationsOf(document.paths);
  html = fillApiPage(TEMPLATE, document);
});

const idsOf = (text: string): string[] => [...text.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);

describe('the page of the API', () => {
  it('says of each operation once which token it needs', () => {
    const facts = [...html.matchAll(/<p class="facts">(.*?)<\/p>/g)].map(([, text = '']) => text);
    expect(facts).toHaveLength(placed.length);
    expect(facts).toContain('<code>createAsset</code> · API token with <code>assets:write</code>');
    expect(facts.filter((text) => text.includes('`'))).toEqual([]);
  });

  it('has every operation and object once', () => {
    const ids = idsOf(html);
    expect(new Set(ids).size).toBe(ids.length);
    expect(placed.length).toBeGreaterThan(50);
    expect(ids).toEqual(expect.arrayContaining(placed.map(({ operation }) => operation.operationId)));
    expect(ids).toEqual(
      expect.arrayContaining(Object.keys(document.components.schemas).map((name) => name.toLowerCase())),
    );
  });

  it('links only to what is on it', () => {
    const links = [...html.matchAll(/href="#([^"]*)"/g)].map(([, id = '']) => id);
    expect(links.length).toBeGreaterThan(200);
    expect(links.filter((id) => !idsOf(html).includes(id))).toEqual([]);
  });

  it('says which scope an operation needs, and what it may refuse', () => {
    const [, createAsset = ''] = /<section[^>]* id="createAsset"(.*?)<\/section>/s.exec(html) ?? [];
    expect(createAsset).toContain('<code>assets:write</code>');
    expect(createAsset).toContain('href="#error-source_not_found"');
    expect(createAsset).toContain('<code>priority</code>');
  });

  it('has no style or script that the policy of pages forbids', () => {
    expect(html).not.toMatch(/ style=|<style|<script(?![^>]* src=)| on\w+=/);
  });

  it('escapes what the document says', () => {
    const text = `<img src=x onerror="a('b')">&`;
    const schema = { type: 'object', properties: { [text]: { type: 'string', description: text, enum: [text] } } };
    const hostile: OpenApiDocument = {
      paths: {
        [`/things/${text}`]: {
          get: {
            operationId: 'getThing',
            summary: text,
            security: [{ apiToken: [text] }],
            parameters: [{ name: text, in: 'query', required: true, schema: { type: 'string', default: text } }],
            requestBody: { content: { 'application/json': { schema } } },
            responses: { 200: { description: text, content: { 'application/json': { schema } } } },
          },
        },
      },
      webhooks: {},
      components: { schemas: { Thing: { ...schema, description: text } } },
    };
    const page = fillApiPage(TEMPLATE, hostile);
    expect(page).not.toContain('<img src=x');
    expect(page).not.toContain(`"a('b')"`);
    expect(page).toContain('&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;');
  });

  it('throws for a page without the places', () => {
    expect(() => fillApiPage('<main></main>', document)).toThrow(RangeError);
  });
});

describe('examples', () => {
  it('are bodies that their schemas accept', () => {
    const validators = newValidators(document);
    const refused = placed.flatMap(({ method, path, operation }) => {
      const schema = operation.requestBody?.content['application/json']?.schema;
      if (schema === undefined) {
        return [];
      }
      const place = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema'];
      const validate = validators(place);
      const example = exampleOf(schema, document.components.schemas);
      return validate(example) ? [] : [[operation.operationId, example, validate.errors]];
    });
    expect(refused).toEqual([]);
  });

  it('quote what the shell would read', () => {
    const operation = {
      operationId: 'setThing',
      summary: '',
      security: [{ apiToken: [] }],
      requestBody: { content: { 'application/json': { schema: { const: "it's $HOME" } } } },
      responses: {},
    };
    expect(curlOf({ method: 'PUT', path: '/things/{thingId}', operation }, {})).toBe(
      [
        'curl -X PUT "$SLUICE/v1/things/$THING_ID"',
        '-H "Authorization: Bearer $TOKEN"',
        "-H 'Content-Type: application/json'",
        `-d '"it'\\''s $HOME"'`,
      ].join(' \\\n  '),
    );
  });
});
