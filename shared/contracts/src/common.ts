import { z } from 'zod';

/** 24 hex digits, a MongoDB ObjectId; upper case is accepted and folded. */
export const objectId = z
  .string()
  .regex(/^[0-9a-fA-F]{24}$/, 'must be an id of 24 hexadecimal digits')
  .transform((id) => id.toLowerCase())
  .meta({ examples: ['652f7a1c9d3e4b0012ab34cd'] });

/** ISO 8601 in UTC, as every time in an answer. */
export const isoTime = z.iso.datetime();

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const BIDI_OVERRIDE = /[\u202a-\u202e\u2066-\u2069]/;

/** Length in code points: what a person counts as characters, nearly. */
export const codePoints = (text: string) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/**
 * Free text: 1 to `max` code points after trimming, kept as given. Lone surrogates and control
 * characters are refused, line breaks and tabs are not.
 */
export const freeText = (max: number, emptyMessage = 'must not be empty') =>
  z
    .string()
    .refine((text) => text.trim() !== '', { error: emptyMessage, abort: true })
    // A code point is at most two UTF-16 units, so a huge string is refused before it is walked.
    .refine((text) => text.length <= max * 2 + 1024 && codePoints(text.trim()) <= max, {
      error: `must be at most ${max} characters`,
      abort: true,
    })
    .refine((text) => text.isWellFormed() && !CONTROL.test(text), { error: 'must be well-formed text without control characters' })
    .meta({ minLength: 1, maxLength: max });

/**
 * One line that stands for a person or thing: as free text, trimmed, and without line breaks or
 * direction overrides, which would let it pose as another.
 */
export const lineOfText = (max: number) =>
  freeText(max)
    .refine((text) => !/[\r\n\t\u2028\u2029]/.test(text) && !BIDI_OVERRIDE.test(text), {
      error: 'must be one line without direction overrides',
    })
    .transform((text) => text.trim())
    .meta({ minLength: 1, maxLength: max, description: 'One line; trimmed' });

/** A whole number from a query string, e.g. `?limit=20`. */
export const queryInteger = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    // Text on the wire, a number to everybody who reads the contract.
    .meta({ type: 'integer', minimum: min, maximum: max });

export const limitQuery = (fallback: number) => queryInteger(1, 100).default(fallback);

/** Only http and https, so that a link never runs as script. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048);
