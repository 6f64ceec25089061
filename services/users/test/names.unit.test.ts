import { endOfPrefix, nameKeysOf, searchKeyOf } from '../src/accounts/names';

test('when a name is folded, then each word begins a key, without case and accents', () => {
  expect(nameKeysOf('Émile de la Tour')).toEqual(['emile de la tour', 'de la tour', 'la tour', 'tour']);
  expect(searchKeyOf(' ÉMILE ')).toBe('emile');
});
test('when a key would exceed 256 bytes, then it is cut between two characters', () => {
  for (const text of ['\ufdfa'.repeat(80), '\u{1f600}'.repeat(80), 'é'.repeat(80)]) {
    const key = searchKeyOf(text);
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(256);
    expect(key.isWellFormed()).toBe(true);
    expect(nameKeysOf(text)[0]).toBe(key);
    for (const other of nameKeysOf(text)) expect(Buffer.byteLength(other)).toBeLessThanOrEqual(256);
  }
});
test.each([
  ['ab', 'ac'],
  ['a\u{1f600}', 'a\u{1f601}'],
  ['a\ud7ff', 'a\ue000'],
  ['a\u{10ffff}', 'b'],
  ['\u{10ffff}', undefined],
])('when the prefix is %j, then its end is %j', (prefix, end) => expect(endOfPrefix(prefix)).toBe(end));
