/** Whether one code point belongs to a set. */
export type CharTest = (code: number) => boolean;

/**
 * - `start`: `\A`, and `^` without the option m
 * - `lineStart`: `^` with m, which does not match behind a line break that ends the text
 * - `end`: `\z`; `lastLineEnd`: `\Z`, and `$` without m; `lineEnd`: `$` with m
 */
export type Assertion = 'start' | 'lineStart' | 'end' | 'lastLineEnd' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

export type Node =
  | { kind: 'char'; test: CharTest; literal?: string }
  | { kind: 'assert'; assertion: Assertion }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; branches: Node[] }
  | { kind: 'repeat'; part: Node; least: number; most: number };

const between =
  (low: number, high: number): CharTest =>
  (code) =>
    code >= low && code <= high;
const among = (codes: string | readonly number[]): CharTest => {
  const set = new Set(typeof codes === 'string' ? [...codes].map((letter) => letter.codePointAt(0)) : codes);
  return (code) => set.has(code);
};
export const either =
  (...tests: CharTest[]): CharTest =>
  (code) =>
    tests.some((test) => test(code));
export const not =
  (test: CharTest): CharTest =>
  (code) =>
    !test(code);

export const isNewline: CharTest = (code) => code === 0x0a;
const digit = between(0x30, 0x39);
const lower = between(0x61, 0x7a);
const upper = between(0x41, 0x5a);
export const isWord: CharTest = (code) => digit(code) || lower(code) || upper(code) || code === 0x5f;
const space = among('\t\n\v\f\r ');
const horizontal = either(among([0x09, 0x20, 0xa0, 0x1680, 0x180e, 0x202f, 0x205f, 0x3000]), between(0x2000, 0x200a));
const vertical = among([0x0a, 0x0b, 0x0c, 0x0d, 0x85, 0x2028, 0x2029]);
const graph = between(0x21, 0x7e);

/** `\d` and its like: PCRE without Unicode properties, as MongoDB runs it. */
export const SHORTHANDS: Record<string, CharTest> = {
  d: digit,
  D: not(digit),
  w: isWord,
  W: not(isWord),
  s: space,
  S: not(space),
  h: horizontal,
  H: not(horizontal),
  v: vertical,
  V: not(vertical),
  N: not(isNewline),
};
/** `[:alpha:]` and its like. */
export const POSIX: Record<string, CharTest> = {
  alpha: either(lower, upper),
  lower,
  upper,
  alnum: either(digit, lower, upper),
  ascii: between(0, 0x7f),
  blank: among('\t '),
  cntrl: either(between(0, 0x1f), (code) => code === 0x7f),
  digit,
  graph,
  print: between(0x20, 0x7e),
  punct: (code) => (graph(code) && !isWord(code)) || code === 0x5f,
  space,
  word: isWord,
  xdigit: either(digit, between(0x61, 0x66), between(0x41, 0x46)),
};

const inClass = (code: number) => `\\u{${code.toString(16)}}`;
/**
 * All code points from `low` to `high`; with `fold`, those that differ from one of them by case
 * alone as well.
 */
export function rangeTest(low: number, high: number, fold: boolean): CharTest {
  if (!fold) return low === high ? (code) => code === low : between(low, high);
  const regex = new RegExp(`^[${inClass(low)}-${inClass(high)}]$`, 'iu');
  const plain = between(low, high);
  return (code) => plain(code) || regex.test(String.fromCodePoint(code));
}
/** `\p{...}`: a general category or a script; undefined for a name that Unicode does not have. */
export function propertyTest(name: string): CharTest | undefined {
  if (name === 'Any') return () => true;
  const property = name === 'L&' ? '[\\p{Lu}\\p{Ll}\\p{Lt}]' : /^[A-Z][a-z]?$/.test(name) ? `\\p{${name}}` : `\\p{Script=${name}}`;
  try {
    const regex = new RegExp(`^${property}$`, 'u');
    return (code) => regex.test(String.fromCodePoint(code));
  } catch {
    return undefined;
  }
}
