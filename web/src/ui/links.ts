export type TextPart = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string };

/** Up to the first character that no address holds; CJK brackets and punctuation end it too. */
const CANDIDATE = /(?:https?:\/\/|www\.)[^\s<>"'`「」『』【】《》〈〉、。，；：！？（）…]+/giu;
const TRAILING = /[.,;:!?'"*_~]+$/;

/**
 * Cuts punctuation and brackets that belong to the sentence: a closing bracket stays where it was
 * opened inside.
 */
function trimEnd(address: string): string {
  for (;;) {
    const shorter = address.replace(TRAILING, '');
    const last = shorter.at(-1);
    const open = last === ')' ? '(' : last === ']' ? '[' : last === '}' ? '{' : undefined;
    const unbalanced = open !== undefined && shorter.split(open).length < shorter.split(last ?? '').length;
    const next = unbalanced ? shorter.slice(0, -1) : shorter;
    if (next === address) return address;
    address = next;
  }
}

/** Splits a text into words and http or https links. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const before = text[match.index - 1];
    // "swww.example.com" is a word and no address.
    if (before !== undefined && /[\p{L}\p{N}@]/u.test(before) && /^www/i.test(match[0])) continue;
    const shown = trimEnd(match[0]);
    const href = /^www\./i.test(shown) ? `https://${shown}` : shown;
    if (!URL.canParse(href) || !/[\p{L}\p{N}]/u.test(new URL(href).hostname)) continue;
    if (match.index > at) parts.push({ kind: 'text', text: text.slice(at, match.index) });
    parts.push({ kind: 'link', text: shown, href });
    at = match.index + shown.length;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return parts;
}

/** One to three emoji and nothing else: flags, keycaps, skin tones and joined ones count as one. */
const ONE_EMOJI =
  '(?:\\p{Regional_Indicator}{2}|[0-9#*]\\ufe0f?\\u20e3|\\p{Extended_Pictographic}[\\u{1f3fb}-\\u{1f3ff}\\ufe0f]*(?:[\\u{e0020}-\\u{e007f}]+)?(?:\\u200d\\p{Extended_Pictographic}[\\u{1f3fb}-\\u{1f3ff}\\ufe0f]*)*)';
const ONLY_EMOJI = new RegExp(`^\\s*(?:${ONE_EMOJI}\\s*){1,3}$`, 'u');
export const isOnlyEmoji = (text: string): boolean => ONLY_EMOJI.test(text);

/** Code points of a text as the server counts them. */
export const lengthOf = (text: string): number => [...text.trim()].length;
