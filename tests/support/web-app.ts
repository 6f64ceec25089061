import { readFileSync } from 'node:fs';
import { chromiumPath } from '@linsta/testing';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { browserArguments } from './browser';
import { startProduct, type Person } from './product';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The product and a Chromium with its web app. Every fault that a page reports is kept in
 * `faults`.
 */
export async function startWebApp(env: NodeJS.ProcessEnv = {}) {
  const product = await startProduct(env);
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: browserArguments });
  const contexts = new Set<BrowserContext>();
  /**
   * Errors of the pages, everything that the Content-Security-Policy refused, and requests to other
   * origins.
   */
  const faults: string[] = [];
  const tolerated: RegExp[] = [
    // A page for which there are no demo accounts, and a thing that is not there, are told in the
    // console by the browser itself.
    /demo-users|status of 404/,
  ];

  const open = async (context: BrowserContext, path = '/'): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      const text = `${message.text()} at ${message.location().url}`;
      if (message.type() === 'error' && !tolerated.some((pattern) => pattern.test(text))) faults.push(text);
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (/^(http|ws)/.test(protocol) && origin.replace(/^ws/, 'http') !== new URL(product.url).origin)
        faults.push(`a request to ${request.url()}`);
    });
    await page.goto(product.url + path);
    return page;
  };
  const visit = async (options: Parameters<Browser['newContext']>[0] = {}, path = '/') => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    contexts.add(context);
    return { context, page: await open(context, path) };
  };
  return {
    product,
    faults,
    open,
    visit,
    /** Faults that a test provokes, e.g. by cutting the network. */
    tolerate: (pattern: RegExp) => void tolerated.push(pattern),
    async enter(person: Person, options: Parameters<Browser['newContext']>[0] = {}) {
      const { context, page } = await visit(options);
      await page.getByLabel('E-mail').fill(person.email);
      await page.getByLabel('Password').fill('correct horse');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      return { context, page };
    },
    roomOf: async (one: Person, other: Person) =>
      (await product.call('POST', '/api/chat/rooms', one.token, { otherUserId: other._id })).body.chatRoomId as string,
    async closePages() {
      for (const context of contexts) await context.close();
      contexts.clear();
    },
    async stop() {
      await browser.close();
      await product.stop();
    },
  };
}
export type WebApp = Awaited<ReturnType<typeof startWebApp>>;

export const composerOf = (page: Page | Locator) => page.getByRole('textbox', { name: 'Message' });
export const say = async (page: Page, text: string) => {
  await composerOf(page).fill(text);
  await composerOf(page).press('Enter');
};
export const bubbles = (page: Page | Locator) => page.locator('.message-bubble').allInnerTexts();

/** What axe-core finds in the page as it stands. */
export const violationsOf = (page: Page): Promise<string[]> =>
  page.evaluate(async (source) => {
    (0, eval)(source);
    const { violations } = await (window as any).axe.run();
    return violations.map(({ id, nodes }: any) => `${id}: ${nodes[0].target.join(' ')}`);
  }, axe);
