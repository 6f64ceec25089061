/** Bytes of one search key: an index entry has a limit, and one character may fold to eighteen. */
const MAX_KEY_BYTES = 256;
const MAX_WORDS = 8;

/** The beginning of a text that takes at most `maxBytes`, cut between two characters. */
function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Without case, accents and compatibility forms: "Émile" and "emile" are the same to a search. */
const fold = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();

/** The key by which a text is searched; empty where the text folds to nothing. */
export const searchKeyOf = (text: string): string => cutToBytes(fold(text), MAX_KEY_BYTES);

/** The keys of a name: the folded name, and its rest from each further word on. */
export function nameKeysOf(name: string): string[] {
  const words = fold(name).split(/\s+/);
  return words.slice(0, MAX_WORDS).map((_, at) => cutToBytes(words.slice(at).join(' '), MAX_KEY_BYTES));
}

/**
 * The least text that sorts after every text with this prefix, by code points as the database
 * sorts. A fixed last character such as U+FFFF would sort before the characters beyond the Basic
 * Multilingual Plane.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const next = (last.codePointAt(0) ?? 0) + 1;
    // There is no character between U+D7FF and U+E000, and none after U+10FFFF.
    if (next <= 0x10ffff) return characters.join('') + String.fromCodePoint(next === 0xd800 ? 0xe000 : next);
  }
  return undefined;
}
