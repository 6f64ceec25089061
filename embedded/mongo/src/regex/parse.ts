import { badValue, notHere } from '../errors';
import { type CharTest, either, type Node, not, POSIX, propertyTest, rangeTest, SHORTHANDS, isNewline } from './syntax';

const MAX_REPEAT = 1_000;
const MAX_NESTING = 100;
const CONTROLS: Record<string, number> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, e: 0x1b, a: 0x07 };
const NOT_HERE: Record<string, string> = {
  R: 'a line-break sequence (\\R)',
  K: '\\K',
  G: '\\G',
  X: 'a grapheme (\\X)',
  C: 'a single byte (\\C)',
  o: '\\o{...}',
  k: 'a back reference',
  g: 'a back reference',
};

/**
 * Parses the part of PCRE that can be matched in linear time, exactly as PCRE reads it. Everything
 * else (look-around, back references, atomic groups, possessive quantifiers, the option x) is
 * refused by name; what PCRE itself refuses is refused as invalid.
 */
export function parseRegex(pattern: string, options: string): Node {
  if (/[^imsxu]/.test(options)) throw badValue(`invalid flag in regex options: ${options}`);
  if (options.includes('x')) throw notHere('the extended (x) regex option');
  if (pattern.includes('\0')) throw badValue('Regular expression cannot contain an embedded null byte');
  const parser = createParser([...pattern], {
    fold: options.includes('i'),
    multiline: options.includes('m'),
    dotAll: options.includes('s'),
    shown: `/${pattern.slice(0, 100)}/`,
  });
  return parser.whole();
}

interface Flags {
  fold: boolean;
  multiline: boolean;
  dotAll: boolean;
  shown: string;
}

function createParser(text: string[], { fold, multiline, dotAll, shown }: Flags) {
  let at = 0;
  let depth = 0;
  const invalid = (what: string) => badValue(`Regular expression is invalid: ${what} in ${shown}`);
  const refused = (what: string) => notHere(`${what} in the regular expression ${shown}`);
  const rest = (length: number) => text.slice(at, at + length).join('');
  const skip = (expected: string): boolean => {
    if (rest([...expected].length) !== expected) return false;
    at += [...expected].length;
    return true;
  };
  /** The text up to `end`, which is skipped. */
  const until = (end: string): string => {
    const start = at;
    while (at < text.length && text[at] !== end) at += 1;
    if (at >= text.length) throw invalid(`no ${end}`);
    at += 1;
    return text.slice(start, at - 1).join('');
  };

  const char = (test: CharTest, literal?: string): Node => ({ kind: 'char', test, ...(literal !== undefined && { literal }) });
  const exactly = (code: number): Node => char(rangeTest(code, code, fold), fold ? undefined : String.fromCodePoint(code));
  const hex = (digits: string): number => {
    const code = digits === '' ? 0 : /^[0-9a-f]+$/i.test(digits) ? parseInt(digits, 16) : NaN;
    if (!(code <= 0x10_ffff)) throw invalid('a character code that is none');
    return code;
  };

  /** `\p{Name}`, `\p{^Name}` or `\pN`. */
  function property(negated: boolean): CharTest {
    const written = skip('{') ? until('}') : (text[at++] ?? '');
    const name = written.replace(/^\^/, '');
    if (fold && ['Lu', 'Ll', 'Lt'].includes(name)) throw refused(`\\p{${name}} with the option i`);
    const test = propertyTest(name);
    if (test === undefined) throw invalid(`the unknown property ${written}`);
    return negated !== written.startsWith('^') ? not(test) : test;
  }
  /**
   * The code of an escaped character that stands for itself or for a control; undefined if it is
   * something else.
   */
  function escapedCode(letter: string): number | undefined {
    if (letter === 'x') {
      if (skip('{')) return hex(until('}'));
      const [digits = ''] = /^[0-9a-f]{0,2}/i.exec(rest(2)) ?? [];
      at += digits.length;
      return hex(digits);
    }
    if (letter === '0') {
      const [digits = ''] = /^[0-7]{0,2}/.exec(rest(2)) ?? [];
      at += digits.length;
      return parseInt(`0${digits}`, 8);
    }
    if (letter === 'c') {
      const control = text[at++]?.toUpperCase().codePointAt(0) ?? 0;
      if (control < 0x20 || control > 0x7e) throw invalid('\\c without an ASCII character');
      return control ^ 0x40;
    }
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    return /^[a-z0-9]$/i.test(letter) ? undefined : letter.codePointAt(0);
  }
  const unknownEscape = (letter: string) => {
    if (/[1-9]/.test(letter)) return refused('a back reference or an octal code');
    const what = NOT_HERE[letter];
    return what === undefined ? invalid(`the unknown escape \\${letter}`) : refused(what);
  };

  function escape(): Node {
    const letter = text[at++];
    if (letter === undefined) throw invalid('\\ at the end');
    if (letter === 'Q') {
      const start = at;
      while (at < text.length && rest(2) !== '\\E') at += 1;
      const parts = text.slice(start, at).map((literal) => exactly(literal.codePointAt(0) ?? 0));
      skip('\\E');
      if (/^[*+?{]/.test(rest(1))) throw refused('a quantifier behind \\E');
      return { kind: 'sequence', parts };
    }
    if (letter === 'E') return { kind: 'sequence', parts: [] };
    if (letter === 'b' || letter === 'B') return { kind: 'assert', assertion: letter === 'b' ? 'wordBoundary' : 'noWordBoundary' };
    if (letter === 'A') return { kind: 'assert', assertion: 'start' };
    if (letter === 'z' || letter === 'Z') return { kind: 'assert', assertion: letter === 'z' ? 'end' : 'lastLineEnd' };
    if (letter === 'p' || letter === 'P') return char(property(letter === 'P'));
    const shorthand = SHORTHANDS[letter];
    if (shorthand !== undefined) return char(shorthand);
    const code = escapedCode(letter);
    if (code === undefined) throw unknownEscape(letter);
    return exactly(code);
  }

  /** One item of a class: a code point, or a test that cannot begin or end a range. */
  function classItem(): number | CharTest {
    const letter = text[at++];
    if (letter === undefined) throw invalid('a class without ]');
    if (letter === '[' && /^[:.=]$/.test(text[at] ?? '')) {
      const close = text.findIndex((_, index) => index > at && text[index] === text[at] && text[index + 1] === ']');
      if (close > 0 && text[at] !== ':') throw refused('a collating element');
      if (close > 0) {
        const written = text.slice(at + 1, close).join('');
        if (/^\^?[a-z]*$/.test(written)) {
          at = close + 2;
          const name = written.replace('^', '');
          const test = fold && (name === 'upper' || name === 'lower') ? POSIX.alpha : POSIX[name];
          if (test === undefined) throw invalid(`the unknown class [:${written}:]`);
          return written.startsWith('^') ? not(test) : test;
        }
      }
    }
    if (letter !== '\\') return letter.codePointAt(0) ?? 0;
    const escaped = text[at++] ?? '';
    if (escaped === 'b') return 0x08;
    if (escaped === 'Q' || escaped === 'E') throw refused('\\Q in a class');
    if (escaped === 'p' || escaped === 'P') return property(escaped === 'P');
    const shorthand = escaped === 'N' ? undefined : SHORTHANDS[escaped];
    if (shorthand !== undefined) return shorthand;
    const code = escaped === '' ? undefined : escapedCode(escaped);
    if (code === undefined) throw unknownEscape(escaped);
    return code;
  }
  function characterClass(): Node {
    const negated = skip('^');
    const tests: CharTest[] = [];
    for (let first = true; first || text[at] !== ']'; first = false) {
      const low = classItem();
      const isRange = text[at] === '-' && at + 1 < text.length && text[at + 1] !== ']';
      if (!isRange) {
        tests.push(typeof low === 'number' ? rangeTest(low, low, fold) : low);
        continue;
      }
      at += 1;
      const high = classItem();
      if (typeof low !== 'number' || typeof high !== 'number' || high < low) throw invalid('a range out of order');
      tests.push(rangeTest(low, high, fold));
    }
    at += 1;
    return char(negated ? not(either(...tests)) : either(...tests));
  }

  function group(): Node {
    depth += 1;
    if (depth > MAX_NESTING) throw refused(`groups nested deeper than ${MAX_NESTING}`);
    if (rest(1) === '*') throw refused('a verb (*...)');
    if (skip('?')) {
      if (!skip(':')) {
        const named = /^(?:P?<|')([A-Za-z_]\w{0,31})[>']/.exec(rest(40));
        if (named === null || /^<[=!]/.test(rest(2))) throw refused(`the group (?${rest(3)}...`);
        at += [...named[0]].length;
      }
    }
    const inner = choice();
    if (!skip(')')) throw invalid('a group without )');
    depth -= 1;
    return inner;
  }

  function atom(): Node {
    const letter = text[at++] ?? '';
    switch (letter) {
      case '(':
        return group();
      case '[':
        return characterClass();
      case '\\':
        return escape();
      case '.':
        return char(dotAll ? () => true : not(isNewline));
      case '^':
        return { kind: 'assert', assertion: multiline ? 'lineStart' : 'start' };
      case '$':
        return { kind: 'assert', assertion: multiline ? 'lineEnd' : 'lastLineEnd' };
      case '*':
      case '+':
      case '?':
        throw invalid(`nothing to repeat by ${letter}`);
      default:
        return exactly(letter.codePointAt(0) ?? 0);
    }
  }
  /** The bounds of the quantifier that stands here; a brace that is none stands for itself. */
  function quantifier(): [number, number] | undefined {
    if (skip('*')) return [0, Infinity];
    if (skip('+')) return [1, Infinity];
    if (skip('?')) return [0, 1];
    const [written, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(rest(16)) ?? [];
    if (written === undefined || (comma === '' && most !== '')) return undefined;
    at += written.length;
    const low = Number(least);
    const high = comma === '' ? low : most === '' ? Infinity : Number(most);
    if (high < low) throw invalid('a quantifier out of order');
    if (low > MAX_REPEAT || (high !== Infinity && high > MAX_REPEAT)) throw refused(`a repetition of more than ${MAX_REPEAT}`);
    return [low, high];
  }
  function sequence(): Node {
    const parts: Node[] = [];
    while (at < text.length && text[at] !== '|' && text[at] !== ')') {
      let part = atom();
      const bounds = quantifier();
      if (bounds !== undefined) {
        if (part.kind === 'assert') throw refused('a quantifier behind an assertion');
        if (skip('+')) throw refused('a possessive quantifier');
        // A lazy quantifier changes that which is found first, not whether anything is.
        skip('?');
        part = { kind: 'repeat', part, least: bounds[0], most: bounds[1] };
      }
      parts.push(part);
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'sequence', parts };
  }
  function choice(): Node {
    const branches = [sequence()];
    while (skip('|')) branches.push(sequence());
    return branches.length === 1 && branches[0] !== undefined ? branches[0] : { kind: 'choice', branches };
  }
  return {
    whole(): Node {
      const node = choice();
      if (at < text.length) throw invalid('a ) without its group');
      return node;
    },
  };
}
