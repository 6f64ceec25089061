import fc from 'fast-check';
import { compileRegex } from '../src/regex';
import { reporter, testSeed } from './generate/random';

const outcome = (pattern: string, options: string, text: string): boolean | string => {
  try {
    return compileRegex(pattern, options)(text);
  } catch (error) {
    return (error as { codeName: string }).codeName;
  }
};

test.each<[string, string, string, boolean]>([
  ['b$', '', 'ab\n', true],
  ['b$', '', 'ab\nc', false],
  ['b$', 'm', 'ab\nc', true],
  ['^$', 'm', 'a\n', false],
  ['^$', 'm', 'a\n\nb', true],
  ['a\\z', '', 'a\n', false],
  ['a\\Z', '', 'a\n', true],
  ['\\Aab', 'm', 'x\nab', false],
  ['a$\\n', '', 'a\n', true],
  ['a.c', '', 'a\nc', false],
  ['a.c', 's', 'a\nc', true],
  ['\\x{41}\\x42', '', 'AB', true],
  ['\\p{Han}', '', '漢', true],
  ['\\P{Han}', '', '漢', false],
  ['[]a]', '', ']', true],
  ['[^]a]', '', ']', false],
  ['[\\w-]+$', '', 'a-b_', true],
  ['[[:alpha:]]+\\d', '', 'ab1', true],
  ['[[:^digit:]]', '', '5', false],
  ['é', 'i', 'É', true],
  ['[k]', 'i', '\u212a', true],
  ['\\w', 'i', '\u017f', false],
  ['\\d', '', '٣', false],
  ['\\h', '', '\u00a0', true],
  ['\\v', '', '\u2028', true],
  ['a{2,3}$', '', 'aa', true],
  ['^a{2}$', '', 'aaa', false],
  ['a{,2}', '', 'a{,2}', true],
  ['(?<name>a|b)+c', '', 'abac', true],
  ['\\bfoo\\b', '', 'a foo b', true],
  ['\\Boo', '', 'foo', true],
  ['\\Qa.b\\E', '', 'axb', false],
  ['(a*)*b', '', 'aaab', true],
  ['a|b|', '', 'zzz', true],
  ['^.$', '', '😀', true],
  ['\\cA', '', '\u0001', true],
])('/%s/%s on %j: %s, as PCRE', (pattern, options, text, found) => {
  expect(outcome(pattern, options, text)).toBe(found);
});

test.each([
  '(?=a)',
  '(?!a)',
  '(?<=a)b',
  '(a)\\1',
  'a++',
  '(?i)a',
  '\\R',
  '\\X',
  '\\Ka',
  '(?>a)',
  'a{1001}',
  '[[.a.]]',
  '(*UCP)a',
  '(a{100}){100}',
])('/%s/ is refused by name', (pattern) => {
  expect(outcome(pattern, '', 'a')).toBe('NotImplemented');
});
test.each(['[z-a]', '(', ')', '*', 'a**', '[a', '\\', '\\p{Foo}', '[[:foo:]]', 'a{3,2}', '\\j'])('/%s/ is invalid', (pattern) => {
  expect(outcome(pattern, '', 'a')).toBe('BadValue');
});
test('an unknown option and the option x are refused', () => {
  expect([outcome('a', 'g', 'a'), outcome('a', 'x', 'a')]).toEqual(['BadValue', 'NotImplemented']);
});

test.each(['^(a+)+$', '^(a|a)*$', '(x+x+)+y', '(.*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', 'a{0,200}a{0,200}b'])(
  'when /%s/ meets a long text that almost matches, then it answers in linear time',
  (pattern) => {
    // A backtracking engine would not answer this in the lifetime of the test.
    expect(compileRegex(pattern, '')(`${'a'.repeat(100_000)}!`)).toBe(false);
  },
  20_000,
);

/** Patterns that PCRE and JavaScript read alike. */
const pattern: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('a', 'b', 'c', '[ab]', '[^a]', '\\w', '\\d', '\\b', '^', 'é', '\\.'),
    fc.tuple(tie('node'), tie('node')).map(([x, y]) => x + y),
    fc.tuple(tie('node'), tie('node')).map(([x, y]) => `(?:${x}|${y})`),
    // Around a letter: a repeated assertion is refused.
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?')).map(([x, quantifier]) => `(?:a${x})${quantifier}`),
  ),
})).node;
test('when patterns are read alike by PCRE and JavaScript, then both engines answer the same', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '1', ' ', 'é', '.'), maxLength: 12 });
  fc.assert(
    fc.property(pattern, text, fc.constantFrom('', 'i'), (source, given, options) => {
      expect({ source, given, found: compileRegex(source, options)(given) }).toEqual({
        source,
        given,
        found: new RegExp(source, `u${options}`).test(given),
      });
    }),
    { seed: testSeed, numRuns: 3_000, reporter },
  );
});
