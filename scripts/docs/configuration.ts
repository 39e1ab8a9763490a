/** The tables of variables in docs/reference/configuration.md, from the schemas that check them and wrangler.toml. */
import { z } from 'zod';
import { encoderConfigSchema } from '../../encoder/config.ts';
import { configSchema, SETTINGS } from '../../src/config.ts';
import { type JsonSchema, typeOf } from './json-schema.ts';
import { markdownTable } from './markdown.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

/** A variable without a description is left out, and test/scripts/start.test.ts fails. */
function rowsOf(
  schema: z.ZodObject,
  isShown: (name: string) => boolean,
  deployed: Readonly<Record<string, string>> = {},
): string[][] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  return Object.entries(properties).flatMap(([name, property]) =>
    property.description === undefined || !isShown(name)
      ? []
      : [
          [
            `\`${name}\``,
            valuesOf(property),
            defaultOf(property, required.includes(name), deployed[name]),
            property.description,
          ],
        ],
  );
}

function valuesOf(property: JsonSchema): string {
  if (property.maximum === LARGEST) {
    return `integer, at least ${property.minimum}`;
  }
  // An empty variable counts as not set.
  const variants = property.anyOf?.filter((variant) => variant.const !== '');
  return typeOf(variants === undefined ? property : { anyOf: variants });
}

function defaultOf({ default: value, shownDefault }: JsonSchema, isRequired: boolean, deployed?: string): string {
  const text = shownDefault ?? (value === undefined ? (isRequired ? 'required' : 'none') : `\`${String(value)}\``);
  return deployed === undefined ? text : `${text}; deployed \`${deployed}\``;
}

/** The `NAME = "value"` lines below `[vars]`. */
export function variablesOf(wranglerToml: string): Record<string, string> {
  const [, section = ''] = /^\[vars\]$(.*?)^\[/ms.exec(wranglerToml) ?? [];
  return Object.fromEntries([...section.matchAll(/^(\w+) = "(.*)"$/gm)].map(([, name, value]) => [name, value]));
}

const isSetting = (name: string): boolean => SETTINGS.includes(name);
const table = (rows: readonly string[][]): string => markdownTable(['variable', 'values', 'default', 'is'], rows);

export const configurationBlocks = (wranglerToml: string) => ({
  'worker-secrets': () => table(rowsOf(configSchema, (name) => !isSetting(name))),
  'worker-variables': () => table(rowsOf(configSchema, isSetting, variablesOf(wranglerToml))),
  'encoder-variables': () => table(rowsOf(encoderConfigSchema, () => true)),
});
