import { z } from 'zod';

/**
 * A variable that holds JSON of this schema. `what` completes the fault of other text: "must be
 * ...". A fault inside of the JSON names its place and shows no value.
 */
export const jsonVariable = <T extends z.ZodType>(schema: T, what: string) =>
  z.string().transform((text, context): z.output<T> => {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      context.addIssue(`must be ${what}`);
      return z.NEVER;
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues)
      context.addIssue(`${path.map((part) => `[${String(part)}]`).join('')} ${message}`.trim());
    return z.NEVER;
  });
