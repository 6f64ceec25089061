/** The parts of the two documents that the page shows. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  examples?: unknown[];
  default?: unknown;
}
export interface Parameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  schema: JsonSchema;
}
export interface Operation {
  summary: string;
  tags?: string[];
  security?: unknown[];
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: JsonSchema } } };
  responses: Record<string, { description?: string; content?: Record<string, { schema: JsonSchema }> }>;
}
export interface OpenApi {
  info: { description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}
export interface AsyncApi {
  info: { description: string };
  channels: Record<string, { messages: Record<string, { summary: string; payload: JsonSchema }> }>;
  operations: Record<string, { action: 'send' | 'receive'; summary: string; channel: { $ref: string } }>;
  components: { schemas: Record<string, JsonSchema> };
}

const MAX_DEPTH = 6;

/** A schema as a line of TypeScript, which is what its readers think in. */
export function toTypeText(schema: JsonSchema | undefined, schemas: Record<string, JsonSchema>, depth = 0): string {
  if (schema === undefined) return 'nothing';
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return depth === 0 ? toTypeText(schemas[name], schemas, 1) : name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => toTypeText(one, schemas, depth + 1)).join(' | ');
  if (schema.items !== undefined) return `${toTypeText(schema.items, schemas, depth === 0 ? 0 : depth + 1)}[]`;
  if (schema.properties !== undefined && depth < MAX_DEPTH) {
    const indent = '  '.repeat(depth + 1);
    const fields = Object.entries(schema.properties).map(
      ([field, type]) =>
        `${indent}${field}${schema.required?.includes(field) === true ? '' : '?'}: ${toTypeText(type, schemas, depth + 1)}`,
    );
    return `{\n${fields.join('\n')}\n${'  '.repeat(depth)}}`;
  }
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'anything');
  const bounds = [
    schema.format,
    schema.maxLength === undefined ? undefined : `${schema.minLength ?? 0}–${schema.maxLength} characters`,
    schema.minimum === undefined ? undefined : `${schema.minimum}–${schema.maximum ?? '…'}`,
  ].filter((text) => text !== undefined);
  return bounds.length === 0 ? type : `${type} (${bounds.join(', ')})`;
}

/** A body to begin with. */
export function exampleOf(schema: JsonSchema | undefined, schemas: Record<string, JsonSchema>): unknown {
  if (schema === undefined) return undefined;
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return exampleOf(schemas[name], schemas);
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties)
        .filter(([field]) => schema.required?.includes(field) === true)
        .map(([field, type]) => [field, exampleOf(type, schemas)]),
    );
  if (schema.items !== undefined) return [];
  if (schema.format === 'date-time') return new Date().toISOString();
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 0;
  return schema.type === 'string' ? '' : null;
}
