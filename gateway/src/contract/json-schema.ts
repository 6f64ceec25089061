import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;
export type Schemas = Record<string, JsonSchema>;

const DEFS = '#/$defs/';

/** Points references at where the document keeps its schemas. */
const moved = (value: unknown, to: string): unknown => {
  if (Array.isArray(value)) return value.map((entry) => moved(entry, to));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) =>
      key === '$ref' && typeof entry === 'string' && entry.startsWith(DEFS)
        ? [key, to + entry.slice(DEFS.length)]
        : [key, moved(entry, to)],
    ),
  );
};

/**
 * Turns the schemas that validate into JSON Schema 2020-12; those with a name of their own are
 * collected once, in `named`, and referred to.
 */
export function createSchemaWriter(to: '#/components/schemas/') {
  const named: Schemas = {};
  return {
    named,
    write(schema: z.ZodType): JsonSchema {
      const {
        $schema: _,
        $defs = {},
        ...rest
      } = z.toJSONSchema(schema, {
        // The input of the schema, before parsing, has the shape on the wire.
        io: 'input',
        unrepresentable: 'any',
        override: ({ zodSchema, jsonSchema }) => {
          delete jsonSchema.id;
          if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
          // What the type or the format says already.
          if (jsonSchema.type === 'integer' || jsonSchema.format === 'date-time') delete jsonSchema.pattern;
          // The largest safe integer is a fact of the language, not of the contract.
          if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
          if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
        },
      });
      for (const [name, definition] of Object.entries($defs)) named[name] = moved(definition, to) as JsonSchema;
      return moved(rest, to) as JsonSchema;
    },
  };
}
export type SchemaWriter = ReturnType<typeof createSchemaWriter>;
