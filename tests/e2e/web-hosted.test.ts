import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWith, noBrowser } from '@linsta/testing';
import jwt from 'jsonwebtoken';
import type { Page } from 'playwright-core';
import { startWebApp, type WebApp } from '../support/web-app';

const SECRET = 'a secret of the host page, which is long enough to be one';
const tokenOf = (sub: string, seconds = 600) =>
  jwt.sign({ iss: 'host', aud: 'linsta', sub, name: sub }, SECRET, { algorithm: 'HS256', expiresIn: seconds });

/** Below a path, without accounts, for users whose host page hands over a token. */
describeWith(noBrowser, 'the web app in a host page', () => {
  let host: Server;
  let hostOrigin: string;
  let web: WebApp;
  beforeAll(async () => {
    host = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>Host</title>
        <script>
          addEventListener('message', ({ data, origin, source }) => {
            if (data.type === 'linsta:token-needed') source.postMessage({ type: 'linsta:token', token: ${JSON.stringify(tokenOf('Framed User'))} }, origin);
          });
        </script>
        <iframe title="Linsta" src="${web.product.url}/" width="1000" height="700"></iframe>`);
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    hostOrigin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    web = await startWebApp({
      BASE_PATH: '/linsta',
      LOCAL_ACCOUNTS: 'false',
      SIGN_IN_URL: 'https://idp.example/login',
      TOKEN_ORIGINS: hostOrigin,
      JWT_ISSUERS: JSON.stringify([{ issuer: 'host', audience: 'linsta', secret: SECRET, algorithms: ['HS256'] }]),
    });
  }, 60_000);
  afterEach(() => web.closePages());
  afterAll(async () => {
    await web.stop();
    host.close();
  });
  const isIn = (page: Page) => page.getByRole('navigation', { name: 'Main' }).waitFor();

  test('when the app is opened without a token, then it offers no form, only the way to sign in', async () => {
    const { page } = await web.visit({}, '/chat');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('https://idp.example/login');
    expect(await page.getByLabel('Password').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Open an account' }).count()).toBe(0);
  });

  test('when a token comes as a fragment, then the user is in, and the token is in no address', async () => {
    const { page } = await web.visit({}, `/chat#token=${tokenOf('Fragment User')}`);
    await isIn(page);
    expect(page.url()).toBe(`${web.product.url}/chat`);
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain('token');
    await page.goto(`${web.product.url}/profile`);
    await page.locator('#main').getByText('Fragment User').waitFor();
    await page.getByLabel('Name').fill('Renamed User');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await page.getByRole('link', { name: 'Events' }).click();
    expect(page.url()).toBe(`${web.product.url}/events`);
    await page.getByRole('link', { name: 'You' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(web.faults).toEqual([]);
  });

  test('when a token is refused, then the page says that the session has ended', async () => {
    web.tolerate(/status of 401/);
    const { page } = await web.visit(
      {},
      `/#token=${jwt.sign({ iss: 'host', aud: 'linsta', sub: 'x' }, 'another secret, which is long enough as well')}`,
    );
    await page.getByText('Your session has ended').waitFor();
  });

  test('when a listed page embeds the app, then it hands over the token by postMessage', async () => {
    const { page } = await web.visit();
    await page.goto(hostOrigin);
    const frame = page.frameLocator('iframe');
    await frame.getByRole('navigation', { name: 'Main' }).waitFor();
    await frame.getByRole('link', { name: 'You' }).click();
    await frame.locator('#main').getByText('Framed User').waitFor();
  });

  test('when the app is fetched, then it allows the listed pages to embed it, and no other', async () => {
    const { headers } = await fetch(`${web.product.url}/`);
    expect(headers.get('content-security-policy')).toMatch(new RegExp(`frame-ancestors ${hostOrigin}$`));
    expect(headers.get('x-frame-options')).toBeNull();
  });
});
