import { z } from 'zod';

/** 24 hex digits, a MongoDB ObjectId; upper case is accepted and folded. */
export const objectId = z
  .string()
  .regex(/^[0-9a-fA-F]{24}$/, 'must be an id of 24 hexadecimal digits')
  .transform((id) => id.toLowerCase())
  .meta({ examples: ['652f7a1c9d3e4b0012ab34cd'] });

/** ISO 8601 in UTC, as every time in an answer. */
export const isoTime = z.iso.datetime();

/** C0 but tab and line breaks, DEL, and C1. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
/** Reverse the order of the characters after them, whatever their script is. */
const DIRECTION_OVERRIDE = /[\u202d\u202e]/;
/** Overrides, embeddings and isolates: a running text may need the last two, a name does not. */
const DIRECTION_FORMAT = /[\u202a-\u202e\u2066-\u2069]/;
const NOT_IN_BUS_TEXT = new RegExp(`${CONTROL.source}|${DIRECTION_FORMAT.source}`, 'g');
const LINE_BREAK = /[\r\n\t\u2028\u2029]/;
/** A character that shows something: Braille blank and the null notehead count as spaces here. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800\u{1d159}]/u;

/** Whether a text shows anything: false for spaces, fillers and zero-width characters alone. */
export const isVisible = (text: string): boolean => VISIBLE.test(text);

/** Length in code points: what a person counts as characters, nearly. */
export const codePoints = (text: string) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/**
 * Free text: 1 to `max` code points after trimming, kept as given. Lone surrogates, control
 * characters and direction overrides are refused, line breaks and tabs are not.
 */
export const freeText = (max: number, emptyMessage = 'must not be empty') =>
  z
    .string()
    // A code point is at most two UTF-16 units, so a huge string is refused before it is read.
    .refine((text) => text.length <= max * 2 + 1024 && codePoints(text.trim()) <= max, {
      error: `must be at most ${max} characters`,
      abort: true,
    })
    .refine(isVisible, { error: emptyMessage, abort: true })
    .refine((text) => text.isWellFormed() && !CONTROL.test(text) && !DIRECTION_OVERRIDE.test(text), {
      error: 'must be well-formed text without control characters or direction overrides',
    })
    .meta({ minLength: 1, maxLength: max });

/**
 * One line that names a user or a thing: as free text, trimmed, without line breaks and without any
 * direction formatting, by which one name could look like another.
 */
export const lineOfText = (max: number) =>
  freeText(max)
    .refine((text) => !LINE_BREAK.test(text) && !DIRECTION_FORMAT.test(text), { error: 'must be one line without direction overrides' })
    .transform((text) => text.trim())
    .meta({ minLength: 1, maxLength: max, description: 'One line; trimmed' });

/**
 * Text of at most `max` UTF-16 units from a bus event, whose publisher is not known: control
 * characters and direction formatting are removed, lone surrogates become U+FFFD, and it is
 * trimmed.
 */
export const busText = (max: number) =>
  z
    .string()
    .max(max)
    .transform((text) => text.toWellFormed().replace(NOT_IN_BUS_TEXT, '').trim());

/** A whole number from a query string, e.g. `?limit=20`. */
export const queryInteger = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    // Text on the wire, a number in the documents.
    .meta({ type: 'integer', minimum: min, maximum: max });

export const limitQuery = (fallback: number) => queryInteger(1, 100).default(fallback);

/** Only http and https, so that a link never runs as script. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048);
