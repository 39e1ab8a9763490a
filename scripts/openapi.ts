/** Prints the OpenAPI document of the control API: `node scripts/openapi.ts > openapi.json`. */
import { readOpenApiText } from './openapi-document.ts';

console.log(JSON.stringify(JSON.parse(await readOpenApiText()), null, 2));
