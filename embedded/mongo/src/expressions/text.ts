import { type Doc, isDocument, toDouble } from '../bson';
import { compileRegex } from '../regex';
import { wrap } from '../numbers';
import { listOf, missing, type Operator, strict, text } from './operator';

/** `{ input, chars }`: without chars, white space goes. */
const trim =
  (operator: string, start: boolean, end: boolean): Operator =>
  (operand, run) => {
    const { input, chars } = isDocument(operand) ? operand : ({ input: operand } as Doc);
    const value = run(input);
    const cut = chars === undefined ? undefined : run(chars);
    if (missing(value) || cut === null) return null;
    const letters = [...text(value, operator)];
    const goes = new Set(cut === undefined ? [] : [...text(cut, operator)]);
    const isCut = (letter: string) => (cut === undefined ? /^[\s\0]$/u.test(letter) : goes.has(letter));
    let from = 0;
    let to = letters.length;
    while (start && from < to && isCut(letters[from] ?? '')) from += 1;
    while (end && to > from && isCut(letters[to - 1] ?? '')) to -= 1;
    return letters.slice(from, to).join('');
  };

export const TEXT: Record<string, Operator> = {
  $concat: (operand, run) => {
    const values = listOf(operand).map((part) => run(part));
    return values.some(missing) ? null : values.map((value) => text(value, '$concat')).join('');
  },
  $toLower: (operand, run) => text(run(listOf(operand)[0]) ?? '', '$toLower').toLowerCase(),
  $toUpper: (operand, run) => text(run(listOf(operand)[0]) ?? '', '$toUpper').toUpperCase(),
  $strLenCP: strict('$strLenCP', 1, (value) => wrap([...text(value, '$strLenCP')].length)),
  $substrCP: strict('$substrCP', 3, (value, from, count) =>
    [...text(value, '$substrCP')].slice(toDouble(from), toDouble(from) + toDouble(count)).join(''),
  ),
  $split: strict('$split', 2, (value, by) => text(value, '$split').split(text(by, '$split'))),
  $trim: trim('$trim', true, true),
  $ltrim: trim('$ltrim', true, false),
  $rtrim: trim('$rtrim', false, true),
  $strcasecmp: (operand, run) => {
    const [a, b] = listOf(operand).map((part) => text(run(part) ?? '', '$strcasecmp').toUpperCase());
    return wrap(Math.sign(Buffer.compare(Buffer.from(a ?? ''), Buffer.from(b ?? ''))));
  },
  $indexOfCP: strict('$indexOfCP', 2, (value, wanted) => {
    const at = text(value, '$indexOfCP').indexOf(text(wanted, '$indexOfCP'));
    return wrap(at < 0 ? -1 : [...String(value).slice(0, at)].length);
  }),
  $regexMatch: (operand, run) => {
    const { input, regex, options } = operand as Doc;
    const value = run(input);
    if (missing(value)) return false;
    return compileRegex(run(regex), options === undefined ? undefined : run(options)).test(text(value, '$regexMatch'));
  },
};
