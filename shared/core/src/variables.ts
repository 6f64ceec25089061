import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';

/** One variable of a service, as the reference page and the operators' command line show it. */
export interface Variable {
  name: string;
  description: string;
  /** The value without the variable; undefined where there is none. */
  fallback: string | undefined;
  required: boolean;
  secret: boolean;
}

const SECRET = /SECRET|PASSWORD|TOKEN$|API_KEYS|JWT_ISSUERS|WEBHOOKS/;
const textOf = (value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : JSON.stringify(value);
};

/**
 * A description stays with the schema that it was given to; an optional or default one wraps that.
 */
const descriptionOf = (schema: z.ZodType): string => {
  if (schema.description !== undefined) return schema.description;
  const { innerType, in: input } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? input;
  return inner === undefined ? '' : descriptionOf(inner);
};

/** The variables of a configuration schema, in its order. */
export const variablesOf = (schema: z.ZodObject): Variable[] =>
  Object.entries(schema.shape).map(([name, variable]) => {
    const schemaOf = variable as z.ZodType;
    const unset = schemaOf.safeParse(undefined);
    return {
      name,
      description: descriptionOf(schemaOf),
      fallback: unset.success ? textOf(unset.data) : undefined,
      required: !unset.success,
      secret: SECRET.test(name),
    };
  });

/** A value as it may be printed: secrets are masked, also those inside of a URL. */
export function maskValue({ secret }: Pick<Variable, 'secret'>, value: unknown): string {
  const text = textOf(value) ?? '(unset)';
  if (secret) return value === undefined ? text : '(set)';
  return text.replaceAll(/(\w+:\/\/)[^@/\s,]*@/g, '$1***@');
}

/** Two edits: a letter left out, doubled or changed, or two of them. */
const MAX_DISTANCE = 2;
const MIN_LENGTH = 6;

/**
 * Variables of the environment that are most likely meant to be one of these, with the name that
 * they resemble.
 */
export function misspeltVariables(env: NodeJS.ProcessEnv, names: Iterable<string>): { given: string; meant: string }[] {
  const known = new Set(names);
  return Object.keys(env).flatMap((given) => {
    if (given.length < MIN_LENGTH || !/^[A-Z][A-Z0-9_]*$/.test(given) || known.has(given)) return [];
    if (given.endsWith('_FILE') && known.has(given.slice(0, -'_FILE'.length))) return [];
    const meant = [...known].find((name) => name.length >= MIN_LENGTH && name[0] === given[0] && distance(given, name) <= MAX_DISTANCE);
    return meant === undefined ? [] : [{ given, meant }];
  });
}
