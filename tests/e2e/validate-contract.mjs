// Reads { openapi, asyncapi } and prints what their official validators say. A process of its own:
// the validators are ES modules.
import { text } from 'node:stream/consumers';
import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';

const { openapi, asyncapi } = JSON.parse(await text(process.stdin));
const { valid, errors = [] } = await new Validator().validate(openapi);
const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncapi));
const faults = diagnostics.filter(({ severity }) => severity === 0).map(({ message, path }) => `${path.join('.')}: ${message}`);
console.log(JSON.stringify({ openapi: { valid, errors }, asyncapi: { version: document?.version() ?? null, faults } }));
