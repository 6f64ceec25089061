import { basePath, takesTokens, tokenOrigins } from '../settings';

const KEY = `linsta.token${basePath}`;
const FRAGMENT = /[#&]token=([^&]+)/;
const ANSWER_MS = 10_000;

/** For this tab alone, over reloads. */
function remember(token: string | undefined): void {
  try {
    if (token === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // A browser that stores nothing: the token lives as long as the page.
  }
}
function recall(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Removes `#token=…` from the address, and from the history, before anything else happens. */
function takeFragment(): string | undefined {
  const { hash, pathname, search } = window.location;
  const token = FRAGMENT.exec(hash)?.[1];
  if (token === undefined) return undefined;
  const rest = hash.replace(FRAGMENT, '').replace(/^&/, '#');
  history.replaceState(history.state, '', pathname + search + (rest === '#' ? '' : rest));
  return decodeURIComponent(token);
}

const isTokenMessage = (data: unknown): data is { type: 'linsta:token'; token: string } => {
  const { type, token } = (typeof data === 'object' && data !== null ? data : {}) as { type?: unknown; token?: unknown };
  return type === 'linsta:token' && typeof token === 'string' && token !== '';
};
/** The page that embeds or opened this one. */
const hosts = () => [window.parent, window.opener as Window | null].filter((page) => page !== null && page !== window) as Window[];

/** The token of this tab, as the host page handed it over. `onToken` gets each new one. */
export function createHandedToken(onToken: (token: string) => void) {
  let token = recall();
  const waiting = new Set<(token: string) => void>();
  const take = (next: string) => {
    token = next;
    remember(next);
    for (const resolve of waiting) resolve(next);
    waiting.clear();
    onToken(next);
  };
  const request = () => {
    for (const page of hosts()) for (const origin of tokenOrigins) page.postMessage({ type: 'linsta:token-needed' }, origin);
  };

  const given = takeFragment();
  if (takesTokens) {
    if (given !== undefined) {
      token = given;
      remember(given);
    }
    window.addEventListener('message', ({ origin, source, data }: MessageEvent<unknown>) => {
      if (tokenOrigins.includes(origin) && hosts().includes(source as Window) && isTokenMessage(data)) take(data.token);
    });
    if (token === undefined) request();
  }
  return {
    current: () => token,
    /** Undefined where no host page answers in time. */
    renew(): Promise<string | undefined> {
      if (tokenOrigins.length === 0 || hosts().length === 0) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        waiting.add(resolve);
        setTimeout(() => {
          waiting.delete(resolve);
          resolve(undefined);
        }, ANSWER_MS);
        request();
      });
    },
    forget() {
      token = undefined;
      remember(undefined);
    },
  };
}
