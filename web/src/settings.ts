/** What the gateway writes into the page about this installation. */
const settingOf = (name: string): string => document.querySelector(`meta[name="linsta-${name}"]`)?.getAttribute('content') ?? '';
const listOf = (name: string): string[] =>
  settingOf(name)
    .split(' ')
    .filter((entry) => entry !== '');

/** Empty, or a path without a slash at its end, below which everything is served. */
export const basePath = settingOf('base-path');
/** Whether users may have accounts here. */
export const hasLocalAccounts = settingOf('local-accounts') !== 'false';
/** Whether a host page may hand over a token. */
export const takesTokens = settingOf('takes-tokens') === 'true';
/** Pages of these origins may hand over a token by `postMessage`. */
export const tokenOrigins = listOf('token-origins');
/** Where users of another issuer sign in. */
export const signInUrl = settingOf('sign-in-url');
