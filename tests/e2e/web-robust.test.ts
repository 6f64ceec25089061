import { describeWith, noBrowser, waitFor } from '@linsta/testing';
import type { Page } from 'playwright-core';
import type { Person } from '../support/product';
import { bubbles, composerOf, startWebApp, type WebApp } from '../support/web-app';

const WIDTHS = [320, 390, 768, 1440];
const LONG_NAME = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const HOSTILE = [
  'x'.repeat(4_000),
  'https://example.com/' + 'a'.repeat(900),
  'مرحبا بالعالم، هذا نص طويل باللغة العربية مع English في الوسط',
  '漢字かな交じり文。'.repeat(40),
  '👨‍👩‍👧‍👦'.repeat(80),
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘',
];

/** What sticks out of the page at its sides, by class and by how far. */
const overflowOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const nameOf = (element: Element) => `${element.tagName.toLowerCase()}.${element.className}`;
    if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const element of document.querySelectorAll('.main, .room-list, .messages, .dialog, .conversation, .page, .card'))
      if (element.scrollWidth > element.clientWidth + 1) found.push(`${nameOf(element)}: ${element.scrollWidth} in ${element.clientWidth}`);
    const isClipped = (element: Element | null): boolean =>
      element !== null &&
      element !== document.body &&
      (getComputedStyle(element).overflowX !== 'visible' || isClipped(element.parentElement));
    for (const element of document.querySelectorAll('body *')) {
      const { right, left, width } = element.getBoundingClientRect();
      if (width > 0 && (right > innerWidth + 1 || left < -1) && !isClipped(element.parentElement))
        found.push(`${nameOf(element)} from ${left} to ${right}`);
    }
    return found.slice(0, 5);
  });

describeWith(noBrowser, 'the web app with hostile texts and failing networks', () => {
  let app: WebApp;
  let product: WebApp['product'];
  let ann: Person;
  let ben: Person;
  let chatRoomId: string;
  beforeAll(async () => {
    app = await startWebApp({ EVENTS_PER_SECOND: '100000', EVENTS_BURST: '100000' });
    ({ product } = app);
    const registerAs = async (name: string): Promise<Person> => {
      const person = await product.register('Person');
      await product.call('PATCH', '/api/users/me', person.token, { name });
      return { ...person, name };
    };
    ann = await registerAs(LONG_NAME.slice(0, 80));
    ben = await registerAs('ب'.repeat(80));
    chatRoomId = await app.roomOf(ann, ben);
  }, 60_000);
  afterEach(() => app.closePages());
  afterAll(async () => {
    await app.stop();
    expect(app.faults).toEqual([]);
  });

  test('given hostile names and texts, when every page is shown at four widths, then nothing sticks out at its sides', async () => {
    for (const text of HOSTILE) {
      await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text });
      await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text });
    }
    let postId = '';
    for (const text of HOSTILE) {
      const { body } = await product.call('POST', '/api/posts', ann.token, { text });
      postId = body._id;
      await product.call('POST', `/api/posts/${postId}/comments`, ben.token, { text: text.slice(0, 1_000) });
      await product.call('POST', `/api/posts/${postId}/like`, ben.token);
    }
    const event = { title: 'W'.repeat(200), location: 'l'.repeat(200), description: 'd'.repeat(4_000), startsAt: '2030-01-01T10:00:00Z' };
    const { body: gathering } = await product.call('POST', '/api/events', ann.token, event);
    await product.call('POST', '/api/events', ann.token, { ...event, startsAt: '2020-01-01T10:00:00Z' });
    await product.call('POST', `/api/events/${gathering._id}/rsvp`, ben.token, { status: 'going' });
    const { page } = await app.enter(ann, { reducedMotion: 'reduce' });
    const paths: [path: string, press?: string][] = [
      ['/'],
      ['/', '1 like'],
      [`/posts/${postId}`],
      ['/events'],
      ['/events', 'New event'],
      [`/events/${gathering._id}`],
      ['/chat'],
      ['/chat', 'New chat'],
      [`/chat/${chatRoomId}`],
      ['/notifications'],
      ['/profile'],
      ['/nowhere'],
    ];
    const faults: unknown[] = [];
    for (const [path, press] of paths) {
      await page.goto(product.url + path);
      await page.getByRole('heading').first().waitFor();
      await waitFor(async () => (await page.locator('.skeleton').count()) === 0, `${path} being loaded`);
      if (press !== undefined) {
        await page.getByRole('button', { name: press, exact: true }).first().click();
        await page.getByRole('dialog').waitFor();
      }
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 850 });
        const found = await overflowOf(page);
        if (found.length > 0) faults.push([path, press, width, found]);
      }
    }
    expect(faults).toEqual([]);
  }, 180_000);

  test('given a check for overflow, when something sticks out, then it is found', async () => {
    const { page } = await app.visit();
    await page.getByRole('heading').first().waitFor();
    await page.evaluate(() =>
      document.querySelector('.gate-card')?.append(Object.assign(document.createElement('p'), { innerText: 'x'.repeat(2_000) })),
    );
    expect(await overflowOf(page)).not.toEqual([]);
  }, 60_000);

  test('given a page whose script cannot be loaded, when it is opened, then the fault is named and the rest stays', async () => {
    const { context, page } = await app.enter(ann, { serviceWorkers: 'block' });
    app.tolerate(/ERR_FAILED.*assets/);
    await context.route(/assets\/(events-page|event-page).*\.js/, (route) => route.abort());
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('alert').getByText('This page could not be loaded').waitFor();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.getByRole('link', { name: 'Feed' }).click();
    await page.getByRole('heading', { name: 'Feed' }).waitFor();
    await context.unrouteAll();
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('heading', { name: 'Events', exact: true }).waitFor();
  }, 90_000);

  test('given a first visit, when the network is gone, then the app starts, and pages that were never opened are there', async () => {
    const { context, page } = await app.enter(ann);
    app.tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource|WebSocket/);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await waitFor(
      () => page.evaluate(async () => (await (await caches.open('linsta-shell')).keys()).length > 10),
      'the assets being kept',
      20_000,
    );
    await context.setOffline(true);
    await page.goto(`${product.url}/notifications`);
    await page.getByRole('heading', { name: 'Notifications' }).waitFor();
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('heading', { name: 'Events', exact: true }).waitFor();
    await context.setOffline(false);
  }, 90_000);

  test('given a list that is scrolled up, when a message comes, then it counts as read at the end alone; the composer never hides it', async () => {
    const cleo = await product.register('Cleo');
    const room = await app.roomOf(ann, cleo);
    for (let n = 1; n <= 40; n += 1)
      await product.call('POST', `/api/chat/messages/${room}`, cleo.token, { text: `line ${n}\nand more of it` });
    const { page } = await app.enter(ann);
    await page.goto(`${product.url}/chat/${room}`);
    await page.getByRole('button', { name: '40 new messages' }).click();
    await waitFor(async () => (await bubbles(page)).at(-1)?.startsWith('line 40') === true, 'the newest message');
    const readSeq = async () =>
      (await product.call('GET', '/api/chat/rooms', ann.token)).body.find(({ _id }: { _id: string }) => _id === room).readSeq as number;
    await waitFor(async () => (await readSeq()) === 40, 'all being read');
    await page.locator('.messages').evaluate((element) => (element.scrollTop = 200));
    await page.getByRole('button', { name: 'Newest' }).waitFor();
    await product.call('POST', `/api/chat/messages/${room}`, cleo.token, { text: 'unseen' });
    await page.getByRole('button', { name: '1 new message' }).waitFor();
    expect(await readSeq()).toBe(40);
    await page.getByRole('button', { name: '1 new message' }).click();
    await waitFor(async () => (await readSeq()) === 41, 'the new one being read');
    // Ten lines in the composer: the newest message moves up with its edge.
    await composerOf(page).fill(Array.from({ length: 10 }, (_, n) => `line ${n}`).join('\n'));
    const isHidden = () =>
      page.evaluate(() => {
        const newest = [...document.querySelectorAll('.message-bubble')].at(-1)?.getBoundingClientRect();
        return (newest?.bottom ?? Infinity) > (document.querySelector('.composer-area')?.getBoundingClientRect().top ?? 0) + 1;
      });
    await waitFor(async () => !(await isHidden()), 'the newest message being in sight');
  }, 90_000);

  test('given an input method, when Enter ends a composition, then nothing is sent; too long a text says so', async () => {
    const { page } = await app.enter(ben);
    await page.goto(`${product.url}/chat/${chatRoomId}`);
    await composerOf(page).fill('にほん');
    await composerOf(page).evaluate((element) => {
      for (const init of [
        { isComposing: true, keyCode: 13 },
        { isComposing: false, keyCode: 229 },
      ])
        element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init }));
    });
    expect(await composerOf(page).inputValue()).toBe('にほん');
    await composerOf(page).fill('y'.repeat(4_002));
    await page.getByText('2 characters too many').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await composerOf(page).fill('');
  }, 60_000);

  test('given a phone, when a user writes, then Enter makes a line, targets are large, and the conversation has the whole screen', async () => {
    const { page } = await app.enter(ann, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const small = async () =>
      page.evaluate(() =>
        [...document.querySelectorAll('button, .nav-link, .room-link, input, textarea')]
          .filter((element) => element.getClientRects().length > 0 && element.closest('.hidden-text') === null)
          .map((element) => ({
            name: element.getAttribute('aria-label') ?? element.textContent,
            height: element.getBoundingClientRect().height,
            font: parseFloat(getComputedStyle(element).fontSize),
          }))
          .filter(({ height }) => height < 44),
      );
    expect(await small()).toEqual([]);
    await page.goto(`${product.url}/chat/${chatRoomId}`);
    await composerOf(page).fill('first');
    await composerOf(page).press('Enter');
    expect(await composerOf(page).inputValue()).toBe('first\n');
    expect(await composerOf(page).evaluate((element) => parseFloat(getComputedStyle(element).fontSize))).toBeGreaterThanOrEqual(16);
    expect(await page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(false);
    expect(await small()).toEqual([]);
  }, 60_000);

  test('given two theme switches and two tabs, when one is pressed, then all agree, and a reload paints the choice first', async () => {
    const { context, page } = await app.enter(ann, { colorScheme: 'light' });
    const other = await app.open(context, '/profile');
    await other.getByRole('button', { name: 'Dark', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Dark colours' }).click();
    await other.getByRole('button', { name: 'Light', exact: true }).waitFor();
    await other.getByRole('button', { name: 'Light colours' }).waitFor();
    await other.route(/main|index.*\.js/, (route) => route.abort());
    app.tolerate(/ERR_FAILED/);
    await other.reload({ waitUntil: 'domcontentloaded' });
    expect(await other.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  }, 60_000);

  test('given pages, then each names itself in the title; a page that is not there says so', async () => {
    const { page } = await app.enter(ann);
    for (const [path, title] of [
      ['/events', 'Events'],
      ['/notifications', 'Notifications'],
      ['/profile', 'You'],
      [`/chat/${chatRoomId}`, ben.name],
      ['/nowhere', 'Not found'],
    ] as const) {
      await page.goto(product.url + path);
      await waitFor(async () => (await page.title()).replace(/^\(\d+\) /, '') === `${title} · Linsta`, `the title of ${path}`);
    }
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  }, 60_000);

  test('given more comments than a page, when earlier ones are asked for, then the first one is reached', async () => {
    const { body: post } = await product.call('POST', '/api/posts', ben.token, { text: 'a long discussion' });
    for (let n = 1; n <= 55; n += 1) await product.call('POST', `/api/posts/${post._id}/comments`, ben.token, { text: `comment ${n}.` });
    const { page } = await app.enter(ann);
    await page.goto(`${product.url}/posts/${post._id}`);
    await page.getByText('comment 55.').waitFor();
    expect(await page.getByText('comment 1.', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Earlier comments' }).click();
    await page.getByText('comment 1.', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Earlier comments' }).count()).toBe(0);
  }, 60_000);

  test('given the keyboard alone, when a page is opened, then the skip link leads to its content, and its name is announced', async () => {
    const { page } = await app.enter(ann);
    await page.reload();
    await page.getByRole('heading', { name: 'Feed' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    await page.getByRole('link', { name: 'Events' }).press('Enter');
    await page.locator('[aria-live=polite]').filter({ hasText: 'Events' }).waitFor({ state: 'attached' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  }, 60_000);
});
