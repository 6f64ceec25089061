import { claimsOf } from './claims.js';

/**
 * The remaining life of tokens on a device whose clock may be off by hours. A token that was issued
 * just now shows the difference between the two clocks.
 */
export interface TokenClock {
  /** Issuer's clock minus this device's clock, in ms, as far as it is known. */
  readonly offsetMs: number;
  /** Learns the difference from a token that was issued just now. */
  issuedNow(token: string): void;
  /** Infinity where the token names no end. */
  leftMs(token: string): number;
}

export function createTokenClock(offsetMs = 0): TokenClock {
  let offset = offsetMs;
  return {
    get offsetMs() {
      return offset;
    },
    issuedNow(token) {
      const { iat } = claimsOf(token);
      if (iat !== undefined) offset = iat * 1000 - Date.now();
    },
    leftMs(token) {
      const { exp } = claimsOf(token);
      return exp === undefined ? Infinity : exp * 1000 - (Date.now() + offset);
    },
  };
}

/** The whole life of a token in ms; Infinity where its claims do not say. */
export const lifetimeMs = (token: string): number => {
  const { iat, exp } = claimsOf(token);
  return iat === undefined || exp === undefined ? Infinity : (exp - iat) * 1000;
};
