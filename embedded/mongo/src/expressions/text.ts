import { compileRegex, type TextTest } from '../regex';
import { isOf, typeOf } from '../bson';
import { wrap } from '../numbers';
import { boundedText } from '../work-limit';
import { position } from './arrays';
import { textOf } from './conversions';
import { type Expression, failure, found, missing, type Operator, type Operators } from './expression';
import { eager, list, named, text, whole } from './operands';

/** Only ASCII letters change case, as MongoDB does it. */
const lower = (value: string) => value.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
const upper = (value: string) => value.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
/**
 * A value where MongoDB takes a string or anything that it writes as one; null is the empty string.
 */
const coerced = (value: unknown, operator: string): string => {
  if (missing(value)) return '';
  if (typeof value === 'string') return value;
  if (isOf(value, 'symbol')) return value.value;
  if (['int', 'long', 'double', 'decimal', 'date'].includes(typeOf(value))) return textOf(value);
  throw failure(`can't convert from BSON type ${found(value)} to String for ${operator}`, 16007);
};

/** MongoDB's white space, where no characters are named. */
const WHITE_SPACE = '\0\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';
/** `{ input, chars }`. */
const trim =
  (operator: string, start: boolean, end: boolean): Operator =>
  (operand, { compile }) => {
    const fields = named(operand, operator, ['input'], ['chars']);
    const input = compile(fields.input);
    const chars: Expression = 'chars' in fields ? compile(fields.chars) : () => WHITE_SPACE;
    return (scope) => {
      const [value, cut] = [input(scope), chars(scope)];
      if (missing(value) || missing(cut)) return null;
      const letters = [...text(value, operator, 50699)];
      const removed = new Set(text(cut, operator, 50700));
      let from = 0;
      let to = letters.length;
      while (start && from < to && removed.has(letters[from] ?? '')) from += 1;
      while (end && to > from && removed.has(letters[to - 1] ?? '')) to -= 1;
      return letters.slice(from, to).join('');
    };
  };
/** `{ input, find, replacement }`. */
const replacing =
  (operator: string, apply: (input: string, find: string, replacement: string) => string): Operator =>
  (operand, { compile }) => {
    const fields = named(operand, operator, ['input', 'find', 'replacement']);
    const parts = [fields.input, fields.find, fields.replacement].map((part) => compile(part));
    return (scope) => {
      const values = parts.map((part) => part(scope)).map((value) => (missing(value) ? undefined : text(value, operator, 51746)));
      const [input, find, replacement] = values;
      if (input === undefined || find === undefined || replacement === undefined) return null;
      return boundedText(apply(input, find, replacement));
    };
  };

export const TEXT: Operators = {
  $concat: (operand, compiler) => {
    const parts = list(operand, compiler, 0, Infinity);
    return (scope) => {
      let joined = '';
      for (const part of parts) {
        const value = part(scope);
        if (missing(value)) return null;
        joined += text(value, '$concat');
        boundedText(joined);
      }
      return joined;
    };
  },
  $toLower: eager(1, 1, ([value]) => lower(coerced(value, '$toLower'))),
  $toUpper: eager(1, 1, ([value]) => upper(coerced(value, '$toUpper'))),
  $strLenCP: eager(1, 1, ([value]) => wrap([...text(value, '$strLenCP', 34471)].length)),
  $strLenBytes: eager(1, 1, ([value]) => wrap(Buffer.byteLength(text(value, '$strLenBytes', 34473)))),
  $substrCP: eager(3, 3, ([value, from, count]) => {
    const letters = [...coerced(value, '$substrCP')];
    const [start, size] = [whole(from, '$substrCP', 34450), whole(count, '$substrCP', 34452)];
    if (start < 0 || size < 0) throw failure('$substrCP requires a non-negative start and length', start < 0 ? 34455 : 34454);
    return letters.slice(start, start + size).join('');
  }),
  $split: eager(2, 2, ([value, by]) => {
    if (missing(value) || missing(by)) return null;
    const separator = text(by, '$split', 40086);
    const whole = text(value, '$split', 40085);
    if (separator === '') throw failure('$split requires a non-empty separator', 40087);
    return whole.split(separator);
  }),
  $trim: trim('$trim', true, true),
  $ltrim: trim('$ltrim', true, false),
  $rtrim: trim('$rtrim', false, true),
  $strcasecmp: eager(2, 2, (values) => {
    const [a = '', b = ''] = values.map((value) => upper(coerced(value, '$strcasecmp')));
    return wrap(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
  }),
  $indexOfCP: eager(2, 4, (given) => {
    const [value, wanted, first, last] = given;
    if (missing(value)) return null;
    const letters = [...text(value, '$indexOfCP', 40093)];
    const sought = text(wanted, '$indexOfCP', 40094);
    const from = given.length > 2 ? position(first, '$indexOfCP') : 0;
    const to = given.length > 3 ? position(last, '$indexOfCP') : letters.length;
    if (from > letters.length || to < from) return wrap(-1);
    const part = letters.slice(from, to).join('');
    const at = part.indexOf(sought);
    return wrap(at < 0 ? -1 : from + [...part.slice(0, at)].length);
  }),
  $regexMatch: (operand, { compile }) => {
    const fields = named(operand, '$regexMatch', ['input', 'regex'], ['options']);
    const input = compile(fields.input);
    const regex = compile(fields.regex);
    const options = 'options' in fields ? compile(fields.options) : undefined;
    let last: { pattern: unknown; flags: unknown; test: TextTest } | undefined;
    return (scope) => {
      const value = input(scope);
      const pattern = regex(scope);
      const flags = options?.(scope) ?? undefined;
      if (!missing(value) && typeof value !== 'string') throw failure('$regexMatch needs `input` to be of type string', 51104);
      if (missing(value) || missing(pattern)) return false;
      if (last?.pattern !== pattern || last.flags !== flags) last = { pattern, flags, test: compileRegex(pattern, flags) };
      return last.test(value);
    };
  },
  $replaceOne: replacing('$replaceOne', (input, find, replacement) => input.replace(find, () => replacement)),
  $replaceAll: replacing('$replaceAll', (input, find, replacement) =>
    find === '' ? [...input].map((letter) => replacement + letter).join('') + replacement : input.replaceAll(find, () => replacement),
  ),
};
