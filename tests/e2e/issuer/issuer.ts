import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '@linsta/core';
import { createTemporaryDirectory, waitFor } from '@linsta/testing';

const CALLBACK = 'http://127.0.0.1:9/callback';
export const AUDIENCE = 'https://chat.example';

const newKey = (kid: string) => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  kid,
  alg: 'RS256',
  use: 'sig',
});

/** Follows redirects with cookies, as a browser would, until the client's callback. */
function createBrowser() {
  const cookies = new Map<string, string>();
  const go = async (url: string, form?: Record<string, string>): Promise<{ url: string; text: string }> => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return { url, text: await response.text() };
    const next = new URL(location, url).href;
    return next.startsWith(CALLBACK) ? { url: next, text: '' } : go(next);
  };
  return { go };
}

/** A real OpenID provider as a process of its own. */
export async function startIssuer() {
  const directory = createTemporaryDirectory();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const keysFile = join(directory.path, 'keys.json');
  let keys = [newKey('first')];
  let process_: ChildProcess | undefined;

  const start = async () => {
    writeFileSync(keysFile, JSON.stringify({ keys }), { mode: 0o600 });
    process_ = spawn(process.execPath, [join(__dirname, 'provider.mjs'), String(port), keysFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, AUDIENCE },
    });
    let complaints = '';
    process_.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const isUp = () =>
      fetch(`${url}/.well-known/openid-configuration`).then(
        ({ ok }) => ok,
        () => false,
      );
    await waitFor(isUp, 'the OpenID provider', 20_000).catch(() => {
      throw new Error(`the OpenID provider did not start: ${complaints}`);
    });
  };
  const stop = async () => {
    const child = process_;
    process_ = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  };
  await start();

  return {
    url,
    jwksUri: `${url}/jwks`,
    start,
    stop,
    /** Signs with a new key from its next start on; the former keys stay published. */
    rotate: (kid: string) => void (keys = [newKey(kid), ...keys]),
    /** Signs a user in by the authorization code flow with PKCE. Returns the access token. */
    async signIn(name: string): Promise<string> {
      const verifier = randomBytes(32).toString('base64url');
      const browser = createBrowser();
      const query = new URLSearchParams({
        client_id: 'app',
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid chat',
        resource: AUDIENCE,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      let page = await browser.go(`${url}/auth?${query}`);
      for (const form of [{ prompt: 'login', login: name, password: 'any' }, { prompt: 'consent' }]) {
        if (page.url.startsWith(CALLBACK)) break;
        page = await browser.go(page.url, form);
      }
      const code = new URL(page.url).searchParams.get('code');
      if (code === null) throw new Error(`the sign-in ended at ${page.url}: ${page.text.slice(0, 500)}`);
      const form = { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: CALLBACK, code_verifier: verifier };
      const response = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) });
      const { access_token: token } = (await response.json()) as { access_token?: string };
      if (token === undefined) throw new Error(`the provider gave no token: ${response.status}`);
      return token;
    },
    async close() {
      await stop();
      directory.remove();
    },
  };
}
export type Issuer = Awaited<ReturnType<typeof startIssuer>>;
