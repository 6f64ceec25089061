import { readFileSync } from 'node:fs';
import { chromiumPath, describeWith, noBrowser, waitFor } from '@linsta/testing';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startProduct, type Person, type Product } from './product';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

describeWith(noBrowser, 'the web app in a real browser', () => {
  let product: Product;
  let browser: Browser;
  let ann: Person;
  let ben: Person;
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];
  beforeAll(async () => {
    product = await startProduct();
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
    [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => product.register(name)))) as [Person, Person];
  }, 60_000);
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser.close();
    await product.stop();
    // Errors of the page and everything that the Content-Security-Policy refused.
    expect(faults).toEqual([]);
  });

  const open = async (context: BrowserContext, path = '/'): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // A network that was cut on purpose, and a page for which there are no demo accounts, are told in the console by the browser itself.
      if (
        message.type() === 'error' &&
        !/ERR_FAILED.*socket\.io|demo-users|status of 404/.test(`${message.text()} ${message.location().url}`)
      )
        faults.push(`${message.text()} at ${message.location().url}`);
    });
    await page.goto(product.url + path);
    return page;
  };
  const enter = async (person: Person, options: Parameters<Browser['newContext']>[0] = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    contexts.push(context);
    const page = await open(context);
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    return { context, page };
  };
  const say = async (page: Page, text: string) => {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.getByLabel('Message', { exact: true }).press('Enter');
  };
  const roomOf = async () => (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId as string;
  const bubbles = (page: Page) => page.locator('.message-bubble').allInnerTexts();

  test('when two people chat, then each sees the other at once, what was read, and who is there', async () => {
    const [hers, his] = [await enter(ann), await enter(ben)];
    await hers.page.getByRole('link', { name: 'Chat' }).click();
    await hers.page.getByRole('button', { name: 'New chat' }).click();
    await hers.page.getByRole('textbox', { name: 'Name' }).fill('Be');
    await hers.page.getByRole('button', { name: 'Ben' }).click();
    await say(hers.page, 'Hello Ben, see https://example.com/x');
    await hers.page.getByText('Sent', { exact: true }).waitFor();
    await his.page.getByRole('link', { name: /Chat 1 unread/ }).click();
    await waitFor(async () => (await his.page.title()).startsWith('(1)'), 'the number in the title');
    await his.page.getByRole('link', { name: /Ann/ }).click();
    await his.page.getByText('Hello Ben').last().waitFor();
    await hers.page.getByText('Read', { exact: true }).waitFor();
    await hers.page.getByText('online', { exact: true }).waitFor();
    const link = his.page.locator('.message-bubble a');
    expect([await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual([
      'https://example.com/x',
      'noopener noreferrer nofollow',
    ]);
    await say(his.page, '<img src=x onerror=alert(1)>');
    await waitFor(async () => (await bubbles(hers.page)).includes('<img src=x onerror=alert(1)>'), 'markup shown as text');
  }, 60_000);

  test('when the network goes, then it says so, what is typed waits, survives a reload, and is sent once', async () => {
    const chatRoomId = await roomOf();
    const { context, page } = await enter(ann);
    await page.goto(`${product.url}/chat/${chatRoomId}`);
    await say(page, 'before');
    await page.getByText('Sent', { exact: true }).waitFor();
    // The sends are held back; the page itself can still be loaded again.
    await context.route('**/socket.io/**', (route) => route.abort());
    await context.routeWebSocket('**/socket.io/**', (socket) => socket.close());
    await page.reload();
    await page.getByLabel('Message', { exact: true }).waitFor();
    await say(page, 'typed one');
    await say(page, 'typed two');
    await page.getByText('2 messages waiting').waitFor();
    await page.reload();
    await page.getByText('2 messages waiting').waitFor();
    await waitFor(async () => (await bubbles(page)).slice(-2).join() === 'typed one,typed two', 'both still shown');
    await context.unrouteAll();
    contexts.splice(contexts.indexOf(context), 1);
    // Another tab of the same browser sends what waits.
    const again = await open(context, `/chat/${chatRoomId}`);
    await waitFor(async () => (await bubbles(again)).filter((text) => text.startsWith('typed')).length === 2, 'both in the new tab');
    await page.close();
    await waitFor(
      async () => {
        const { body } = await product.call('GET', `/api/chat/messages/${chatRoomId}?limit=100`, ben.token);
        return body.filter(({ text }: any) => text.startsWith('typed')).length >= 2;
      },
      'both stored',
      20_000,
    );
    const { body } = await product.call('GET', `/api/chat/messages/${chatRoomId}?limit=100`, ben.token);
    expect(body.map(({ text }: any) => text).filter((text: string) => text.startsWith('typed'))).toEqual(['typed one', 'typed two']);
    await context.close();
  }, 90_000);

  test('when one likes, comments and answers an invitation, then the bell of the other rings and opens what it is about', async () => {
    const [hers, his] = [await enter(ann), await enter(ben)];
    await hers.page.getByLabel('New post').fill('A post to like');
    await hers.page.getByRole('button', { name: 'Post', exact: true }).click();
    const post = hers.page.getByRole('article').filter({ hasText: 'A post to like' });
    await post.waitFor();
    await product.call('POST', '/api/events', ann.token, { title: 'Tea', startsAt: '2030-01-01T10:00:00Z' });
    await his.page.reload();
    const theirs = his.page.getByRole('article').filter({ hasText: 'A post to like' });
    await theirs.getByRole('button', { name: 'Like' }).click();
    await theirs.getByText('1 like', { exact: true }).waitFor();
    await theirs.getByRole('button', { name: 'Comment' }).click();
    await theirs.getByLabel('New comment').fill('So nice');
    await theirs.getByRole('button', { name: 'Send' }).click();
    await theirs.getByText('So nice').waitFor();
    await his.page.getByRole('link', { name: 'Events' }).click();
    await his.page.getByRole('button', { name: 'Going', exact: true }).click();
    await hers.page.getByRole('link', { name: /Bell 3 unread/ }).click();
    await hers.page.getByRole('button', { name: /Ben is going to your event/ }).click();
    await hers.page.getByRole('heading', { name: 'Tea' }).waitFor();
    await hers.page.getByRole('link', { name: /Bell 2 unread/ }).click();
    await hers.page.getByRole('button', { name: 'Mark all as read' }).click();
    await hers.page.getByRole('link', { name: 'Bell', exact: true }).waitFor();
  }, 60_000);

  test('when one signs out, then the other tab is signed out too', async () => {
    const { context, page } = await enter(ben);
    const other = await open(context, '/events');
    await other.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.goto(`${product.url}/profile`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Sign in to Linsta' }).waitFor();
  }, 60_000);

  test.each(['light', 'dark'] as const)(
    'when every page is examined in %s, on a phone and wide, then nothing is in the way of anybody',
    async (colorScheme) => {
      const chatRoomId = await roomOf();
      await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'hello https://example.com' });
      for (const width of [390, 1440]) {
        const { page } = await enter(ann, { viewport: { width, height: 850 }, colorScheme, reducedMotion: 'reduce' });
        for (const path of ['/', '/events', '/chat', `/chat/${chatRoomId}`, '/notifications', '/profile', '/docs', '/demo']) {
          await page.goto(product.url + path);
          await page.getByRole('heading').first().waitFor();
          await waitFor(async () => (await page.locator('.skeleton').count()) === 0, 'the page being loaded');
          const violations = await page.evaluate(async (source) => {
            (0, eval)(source);
            const { violations } = await (window as any).axe.run();
            return violations.map(({ id, nodes }: any) => `${id}: ${nodes[0].target.join(' ')}`);
          }, axe);
          expect([path, width, violations]).toEqual([path, width, []]);
        }
      }
    },
    120_000,
  );
});
