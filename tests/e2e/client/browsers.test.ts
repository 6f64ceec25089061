import { chromiumPath, describeWith, noBrowser, waitFor } from '@linsta/testing';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { browserArguments } from '../../support/browser';
import { startProduct, type Person, type Product } from '../../support/product';
import { composerOf, say } from '../../support/web-app';

/** The client, inside the web app, in browsers that refuse or lack something. */
describeWith(noBrowser, 'the client in a real browser', () => {
  let product: Product;
  let browser: Browser;
  let ann: Person;
  let ben: Person;
  let chatRoomId: string;
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    product = await startProduct();
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: [...browserArguments, '--host-resolver-rules=MAP linsta.test 127.0.0.1'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await product.stop();
  });
  beforeEach(async () => {
    [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => product.register(name)))) as [Person, Person];
    chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
  });
  afterEach(async () => {
    await context?.close();
  });

  const signIn = async (page: Page, origin: string) => {
    page.setDefaultTimeout(15_000);
    await page.goto(`${origin}/sign-in`);
    await page.getByLabel('E-mail').fill(ann.email);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  };
  const openRoom = async (page: Page, origin: string) => {
    await page.goto(`${origin}/chat/${chatRoomId}`);
    await composerOf(page).waitFor();
  };
  const storedTexts = async () =>
    (await product.call('GET', `/api/chat/messages/${chatRoomId}`, ben.token)).body.map(({ text }: { text: string }) => text) as string[];

  test('given plain http on a host name, when a message is sent, then it is stored', async () => {
    const origin = product.url.replace(/127\.0\.0\.1|localhost/, 'linsta.test');
    context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page, origin);
    await openRoom(page, origin);
    expect(await page.evaluate(() => [isSecureContext, typeof crypto.randomUUID, typeof navigator.locks])).toEqual([
      false,
      'undefined',
      'undefined',
    ]);
    await say(page, 'over plain http');
    await waitFor(async () => (await storedTexts()).includes('over plain http'), 'the message');
  });

  test.each([
    ['an IndexedDB that never answers', () => (IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest)],
    [
      'an IndexedDB that is forbidden',
      () =>
        Object.defineProperty(window, 'indexedDB', {
          get: () => {
            throw new DOMException('denied', 'SecurityError');
          },
        }),
    ],
    [
      'a storage that is full',
      () =>
        (Storage.prototype.setItem = () => {
          throw new DOMException('full', 'QuotaExceededError');
        }),
    ],
    [
      'a storage that is forbidden',
      () =>
        Object.defineProperty(window, 'localStorage', {
          get: () => {
            throw new DOMException('denied', 'SecurityError');
          },
        }),
    ],
    ['no locks that are ever granted', () => (LockManager.prototype.request = () => new Promise(() => undefined))],
  ])('given %s, when a person signs in and sends, then the message is stored', async (_what, breakIt) => {
    context = await browser.newContext();
    await context.addInitScript(breakIt as () => void);
    const page = await context.newPage();
    await signIn(page, product.url);
    // Without storage a reload signs out: the way leads through the page's links.
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /Chat/ }).first().click();
    await page.getByRole('link', { name: /Ben/ }).first().click();
    await say(page, 'sent in spite of it');
    await waitFor(async () => (await storedTexts()).includes('sent in spite of it'), 'the message');
  });

  test('given a first tab that is suspended in the middle of a send, when a second tab sends, then both messages are stored', async () => {
    context = await browser.newContext();
    const first = await context.newPage();
    await signIn(first, product.url);
    await openRoom(first, product.url);
    await say(first, 'before');
    await waitFor(async () => (await storedTexts()).includes('before'), 'the message');
    const second = await context.newPage();
    await openRoom(second, product.url);
    // Its messages stay in its outbox, then its scripts stop.
    const inspector = await context.newCDPSession(first);
    await inspector.send('Network.enable');
    await first.evaluate(() => {
      WebSocket.prototype.send = () => undefined;
      XMLHttpRequest.prototype.send = () => undefined;
    });
    await say(first, 'left behind');
    await inspector.send('Debugger.enable');
    await inspector.send('Debugger.pause');
    void first.evaluate(() => 0).catch(() => undefined);
    await say(second, 'from the second tab');
    await waitFor(async () => (await storedTexts()).includes('from the second tab'), 'the own message', 5_000);
    await waitFor(async () => (await storedTexts()).includes('left behind'), 'the first tab’s message', 15_000);
    expect((await storedTexts()).sort()).toEqual(['before', 'from the second tab', 'left behind']);
    await inspector.send('Debugger.resume').catch(() => undefined);
  }, 60_000);
});
