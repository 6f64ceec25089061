import { describeWith, noBrowser, waitFor } from '@linsta/testing';
import type { Locator, Page } from 'playwright-core';
import type { Person } from '../support/product';
import { bubbles, composerOf, say, startWebApp, violationsOf, type WebApp } from '../support/web-app';

describeWith(noBrowser, 'the web app in a real browser', () => {
  let app: WebApp;
  let product: WebApp['product'];
  let ann: Person;
  let ben: Person;
  beforeAll(async () => {
    app = await startWebApp();
    ({ product } = app);
    // A network that is cut on purpose.
    app.tolerate(/(ERR_FAILED|WebSocket).*socket\.io/);
    [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => product.register(name)))) as [Person, Person];
  }, 60_000);
  afterEach(() => app.closePages());
  afterAll(async () => {
    await app.stop();
    expect(app.faults).toEqual([]);
  });
  const enter: WebApp['enter'] = (...given) => app.enter(...given);
  const open: WebApp['open'] = (...given) => app.open(...given);
  const roomOf = () => app.roomOf(ann, ben);
  /** As an installation on the embedded default does. */
  const offerDemoUsers = (page: Page) =>
    page.route('**/demo-users.json', (route) =>
      route.fulfill({ json: [ann, ben].map(({ name, email }) => ({ name, email, password: 'correct horse' })) }),
    );

  test('when two users chat, then each sees messages, read marks and presence of the other at once', async () => {
    const [hers, his] = [await enter(ann), await enter(ben)];
    await hers.page.getByRole('link', { name: 'Chat' }).click();
    await hers.page.getByRole('button', { name: 'New chat' }).click();
    await hers.page.getByRole('textbox', { name: 'Name' }).fill('Be');
    await hers.page.getByRole('button', { name: 'Ben' }).click();
    await say(hers.page, 'Hello Ben, see https://example.com/x');
    await hers.page.getByText(/^(Sent|Delivered)$/).waitFor();
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
    await composerOf(page).waitFor();
    await say(page, 'typed one');
    await say(page, 'typed two');
    await page.getByText('Offline, 2 messages waiting', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('Offline, 2 messages waiting', { exact: true }).waitFor();
    await waitFor(async () => (await bubbles(page)).slice(-2).join() === 'typed one,typed two', 'both still shown');
    await context.unrouteAll();
    // Another tab of the same browser sends the pending message.
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

  test('when one likes, comments and answers an invitation, then the other user is notified, and each notification opens its subject', async () => {
    const [hers, his] = [await enter(ann), await enter(ben)];
    await hers.page.getByLabel('New post').fill('A post to like');
    await hers.page.getByRole('button', { name: 'Post', exact: true }).click();
    const post = hers.page.getByRole('article').filter({ hasText: 'A post to like' });
    await post.waitFor();
    await product.call('POST', '/api/events', ann.token, { title: 'Tea', startsAt: '2030-01-01T10:00:00Z' });
    await his.page.reload();
    const theirs = his.page.getByRole('article').filter({ hasText: 'A post to like' });
    await theirs.getByRole('button', { name: 'Like', exact: true }).click();
    await theirs.getByText('1 like', { exact: true }).waitFor();
    await theirs.getByRole('button', { name: 'Comment' }).click();
    await theirs.getByLabel('New comment').fill('So nice');
    await theirs.getByRole('button', { name: 'Send' }).click();
    await theirs.getByText('So nice').waitFor();
    await his.page.getByRole('link', { name: 'Events' }).click();
    await his.page.getByRole('radio', { name: 'Going', exact: true }).click();
    await hers.page.getByRole('link', { name: /Notifications 3 unread/ }).click();
    await hers.page.getByRole('button', { name: /Ben is going to your event/ }).click();
    await hers.page.getByRole('heading', { name: 'Tea' }).waitFor();
    await hers.page.getByRole('link', { name: /Notifications 2 unread/ }).click();
    await hers.page.getByRole('button', { name: /Ben commented/ }).click();
    await hers.page.getByRole('article').filter({ hasText: 'A post to like' }).getByText('So nice').waitFor();
    await hers.page.getByRole('link', { name: /Notifications 1 unread/ }).click();
    await hers.page.getByRole('button', { name: 'Mark all as read' }).click();
    await hers.page.getByRole('link', { name: 'Notifications', exact: true }).waitFor();
  }, 60_000);

  test('when one signs out, then the other tab is signed out too', async () => {
    const { context, page } = await enter(ben);
    const other = await open(context, '/events');
    await other.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.goto(`${product.url}/profile`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Sign in to Linsta' }).waitFor();
  }, 60_000);

  test('when a like is refused, then it is taken back with the reason, and the same press later works; who liked is named', async () => {
    const { body: post } = await product.call('POST', '/api/posts', ben.token, { text: 'A post to refuse' });
    const { page } = await enter(ann);
    app.tolerate(/status of 503.*\/like/);
    await page.goto(`${product.url}/posts/${post._id}`);
    await page.getByText('A post to refuse').waitFor();
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/like', async (route) => {
      await released;
      await route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"UNAVAILABLE","detail":"Not just now"}' });
    });
    await page.getByRole('button', { name: 'Like', exact: true }).click();
    // At once, before there is an answer.
    await page.getByText('1 like', { exact: true }).waitFor();
    release();
    await page.getByText('Not just now').waitFor();
    expect(await page.getByText('1 like', { exact: true }).count()).toBe(0);
    await page.unroute('**/like');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: '1 like', exact: true }).click();
    await page.getByRole('dialog', { name: 'Liked by' }).getByText('Ann').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }, 60_000);

  test('when the page is loaded again in the middle of sending, its acknowledgements lost, then each message is stored once, in order', async () => {
    const chatRoomId = await roomOf();
    const { page } = await enter(ann);
    let swallow = true;
    await page.routeWebSocket('**/socket.io/**', (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        // Socket.IO's acknowledgements; all else gets through.
        if (!swallow || !/^43/.test(String(message))) socket.send(message);
      });
    });
    // The socket alone, so that every acknowledgement goes its way.
    await page.goto(`${product.url}/chat/${chatRoomId}`);
    await composerOf(page).waitFor();
    for (const text of ['cut one', 'cut two', 'cut three']) await say(page, text);
    await waitFor(async () => (await bubbles(page)).slice(-3).join() === 'cut one,cut two,cut three', 'all three shown');
    await page.reload();
    swallow = false;
    await waitFor(async () => (await bubbles(page)).slice(-3).join() === 'cut one,cut two,cut three', 'all three shown again');
    await waitFor(async () => (await page.getByText(/Sending|Waiting/).count()) === 0, 'all three sent', 30_000);
    const { body } = await product.call('GET', `/api/chat/messages/${chatRoomId}?limit=100`, ben.token);
    expect(body.map(({ text }: any) => text).filter((text: string) => text.startsWith('cut'))).toEqual(['cut one', 'cut two', 'cut three']);
  }, 90_000);

  test('when one user has two tabs, then both show what is typed in one, what comes in, and the same numbers', async () => {
    const chatRoomId = await roomOf();
    const { context, page: one } = await enter(ann);
    const two = await open(context, '/chat');
    await one.goto(`${product.url}/chat/${chatRoomId}`);
    await say(one, 'from one tab');
    await two.getByText('You: from one tab').waitFor();
    await one.goto(`${product.url}/events`);
    await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'to both tabs' });
    for (const tab of [one, two]) await waitFor(async () => /^\(\d+\)/.test(await tab.title()), 'the number in both titles');
    const icon = () => one.locator('link[rel=icon]').getAttribute('href');
    expect(await icon()).toMatch(/^data:image\/svg/);
    await two.getByText('to both tabs').click();
    await product.call('POST', '/api/notifications/read-all', ann.token);
    for (const tab of [one, two]) await waitFor(async () => !(await tab.title()).startsWith('('), 'nothing unread in both tabs');
    expect(await icon()).toBe('/favicon.svg');
  }, 60_000);

  test('when a draft is left in a room, then it waits there, and in no other', async () => {
    const chatRoomId = await roomOf();
    const { page } = await enter(ann);
    await page.goto(`${product.url}/chat/${chatRoomId}`);
    await composerOf(page).fill('half a thou\nsecond line');
    await page.getByRole('link', { name: 'Feed' }).click();
    await page.getByRole('heading', { name: 'Feed' }).waitFor();
    await page.goto(`${product.url}/chat/${chatRoomId}`);
    expect(await composerOf(page).inputValue()).toBe('half a thou\nsecond line');
    // Not in the next room.
    const cleo = await product.register('Cleo');
    const another = await app.roomOf(ann, cleo);
    await page.reload();
    await page.getByRole('link', { name: /Cleo/ }).click();
    await page.getByRole('heading', { name: 'Cleo' }).waitFor();
    expect(await composerOf(page).inputValue()).toBe('');
    await page.goto(`${product.url}/chat/${another}`);
    expect(await composerOf(page).inputValue()).toBe('');
    await page.getByRole('link', { name: /Ben/ }).click();
    await page.getByRole('heading', { name: 'Ben' }).waitFor();
    expect(await composerOf(page).inputValue()).toBe('half a thou\nsecond line');
    // By keyboard alone: an emoji, then away with it all.
    await page.getByRole('button', { name: 'Emoji' }).press('Enter');
    await waitFor(() => page.evaluate(() => document.activeElement?.textContent === '😀'), 'the first emoji having the focus');
    await page.keyboard.press('Enter');
    expect(await composerOf(page).inputValue()).toMatch(/\p{Extended_Pictographic}/u);
    await composerOf(page).fill('');
  }, 60_000);

  test('when a stranger cuts one network in the demo, then what is written on both sides arrives once it is back, in one order on both', async () => {
    const { page } = await app.visit();
    await offerDemoUsers(page);
    await page.goto(`${product.url}/demo`);
    const [left, right] = ['Ann', 'Ben'].map((name) => page.getByRole('region', { name, exact: true })) as [Locator, Locator];
    const write = async (side: Locator, text: string) => {
      await composerOf(side).fill(text);
      await composerOf(side).press('Enter');
    };
    await right.getByText('Online').waitFor();
    await right.getByText('Network', { exact: true }).click();
    await write(right, 'in the tunnel, one');
    await write(right, 'in the tunnel, two');
    await right.getByText('Offline, 2 messages waiting').waitFor();
    await write(left, 'meanwhile outside');
    await left.getByText('Sent', { exact: true }).last().waitFor();
    expect((await bubbles(right)).includes('meanwhile outside')).toBe(false);
    await right.getByText('Network', { exact: true }).click();
    const expected = 'meanwhile outside,in the tunnel, one,in the tunnel, two';
    for (const side of [left, right])
      await waitFor(async () => (await bubbles(side)).slice(-3).join() === expected, 'the same on both sides');
  }, 60_000);

  test('when a call is tried from the published contract, then it is made as the signed-in user, and its answer is shown in every case', async () => {
    const { page } = await enter(ann);
    await page.goto(`${product.url}/docs`);
    const operation = (method: string, path: string) =>
      page
        .locator('details')
        .filter({ has: page.getByText(path, { exact: true }) })
        .filter({ has: page.getByText(method, { exact: true }) });
    const tryIt = async (method: string, path: string, fields: Record<string, string>) => {
      const place = operation(method, path);
      if ((await place.getAttribute('open')) === null) await place.locator('summary').click();
      for (const [label, value] of Object.entries(fields)) await place.getByLabel(label, { exact: true }).fill(value);
      await place.getByRole('button', { name: 'Try it' }).click();
      return place.getByRole('status', { name: 'Answer' });
    };
    const made = await tryIt('POST', '/api/posts', { Body: '{ "text": "tried from the page" }' });
    await made.getByText(/^201/).waitFor();
    const [post] = (await product.call('GET', '/api/posts?limit=1', ben.token)).body;
    expect(post).toMatchObject({ text: 'tried from the page', author: { _id: ann._id } });
    const read = await tryIt('GET', '/api/posts/{id}', { id: post._id });
    await read.getByText(/^200[^]*tried from the page/).waitFor();
    // The browser tells of the refusal itself.
    app.tolerate(/status of 400.*\/api\/posts$/);
    const broken = await tryIt('POST', '/api/posts', { Body: '{ "text": ' });
    await broken.getByText(/^400[^]*MALFORMED_JSON/).waitFor();
    const { page: stranger } = await app.visit({}, '/docs');
    await stranger.locator('details', { hasText: '/api/posts' }).first().waitFor();
    await stranger.getByText('Sign in, and the calls below can be tried').waitFor();
  }, 60_000);

  test('when a script is smuggled into the page, then the Content-Security-Policy stops it and these tests report it', async () => {
    const { page } = await app.visit();
    const before = app.faults.length;
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.smuggled = true';
      document.body.append(script);
      document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.com/pixel.gif' }));
    });
    await waitFor(() => app.faults.length >= before + 2, 'both being reported');
    expect(await page.evaluate(() => (window as any).smuggled)).toBeUndefined();
    expect(app.faults.splice(before).filter((fault) => fault.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(2);
  }, 30_000);

  test.each([
    ['light', 390],
    ['dark', 1440],
  ] as const)(
    'when every page is examined in %s, %i pixels wide, then nothing is in the way of anybody',
    async (colorScheme, width) => {
      const chatRoomId = await roomOf();
      await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'hello https://example.com' });
      const { body: post } = await product.call('POST', '/api/posts', ben.token, { text: 'see https://example.com' });
      await product.call('POST', `/api/posts/${post._id}/like`, ben.token);
      await product.call('POST', `/api/posts/${post._id}/comments`, ben.token, { text: 'a comment' });
      const { body: event } = await product.call('POST', '/api/events', ben.token, { title: 'Tea', startsAt: '2030-01-01T10:00:00Z' });
      await product.call('POST', `/api/events/${event._id}/rsvp`, ann.token, { status: 'going' });
      const outside = ['/', '/sign-up', '/demo', '/docs'];
      const inside: [path: string, ...press: string[]][] = [
        ...['/', '/events', `/events/${event._id}`, '/chat', `/chat/${chatRoomId}`, '/notifications', '/profile', '/docs'].map(
          (path): [string] => [path],
        ),
        [`/posts/${post._id}`],
        [`/posts/${'0'.repeat(24)}`],
        [`/posts/${post._id}`, '1 like'],
        ['/events', 'New event'],
        ['/chat', 'New chat'],
        [`/chat/${chatRoomId}`, 'Emoji'],
      ];
      const options = { viewport: { width, height: 850 }, colorScheme, reducedMotion: 'reduce' } as const;
      const { page: stranger } = await app.visit(options);
      await offerDemoUsers(stranger);
      const { page } = await enter(ann, options);
      for (const [tab, path, press] of [
        ...outside.map((path) => [stranger, path, undefined] as const),
        ...inside.map(([path, press]) => [page, path, press] as const),
      ]) {
        await tab.goto(product.url + path);
        await tab.getByRole('heading').first().waitFor();
        await waitFor(async () => (await tab.locator('.skeleton').count()) === 0, 'the page being loaded');
        if (press !== undefined) {
          await tab.getByRole('button', { name: press, exact: true }).click();
          await tab.getByRole('dialog').waitFor();
          await waitFor(async () => (await tab.locator('.skeleton').count()) === 0, 'the dialog being loaded');
        }
        expect([path, press, width, await violationsOf(tab)]).toEqual([path, press, width, []]);
      }
    },
    120_000,
  );
});
