export interface Claims {
  userId?: string;
  /** Seconds since 1970 by the issuer's clock. */
  iat?: number;
  exp?: number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64url to text. Written out because some JavaScript engines lack `atob` and `TextDecoder`. */
function decodeBase64Url(text: string): string {
  let [bits, held, escaped] = [0, 0, ''];
  for (const character of text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')) {
    held = ((held << 6) | ALPHABET.indexOf(character)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    escaped += `%${((held >> bits) & 0xff).toString(16).padStart(2, '0')}`;
  }
  return decodeURIComponent(escaped);
}

/** Reads a token's claims without checking them, which only the server can. */
export function claimsOf(token: string): Claims {
  try {
    return JSON.parse(decodeBase64Url(token.split('.')[1] ?? '')) as Claims;
  } catch {
    return {};
  }
}

/** Linsta's own id of the user; tokens of other issuers carry none, or one of their own. */
export const userIdOf = ({ userId }: Claims): string | undefined =>
  typeof userId === 'string' && /^[0-9a-f]{24}$/i.test(userId) ? userId.toLowerCase() : undefined;
