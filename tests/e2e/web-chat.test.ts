import { describeWith, noBrowser, waitFor } from '@linsta/testing';
import type { Page } from 'playwright-core';
import type { Person } from '../support/product';
import { bubbles, composerOf, say, startWebApp, violationsOf, type WebApp } from '../support/web-app';

describeWith(noBrowser, 'a conversation in a real browser', () => {
  let app: WebApp;
  let product: WebApp['product'];
  let ann: Person;
  let ben: Person;
  let chatRoomId: string;
  beforeAll(async () => {
    app = await startWebApp();
    ({ product } = app);
  }, 60_000);
  beforeEach(async () => {
    [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => product.register(name)))) as [Person, Person];
    chatRoomId = await app.roomOf(ann, ben);
  });
  afterEach(() => app.closePages());
  afterAll(async () => {
    await app.stop();
    expect(app.faults).toEqual([]);
  });
  const send = async (person: Person, text: string, body: object = {}) =>
    (await product.call('POST', `/api/chat/messages/${chatRoomId}`, person.token, { text, ...body })).body;
  /** Enters and opens the room. */
  const openRoom = async (person: Person, options: Parameters<WebApp['enter']>[1] = {}, hash = '') => {
    const { page, context } = await app.enter(person, options);
    await page.goto(`${product.url}/chat/${chatRoomId}${hash}`);
    await composerOf(page).waitFor();
    return { page, context };
  };
  const messageOf = (page: Page, text: string) =>
    page.locator('.message', { has: page.locator('.message-bubble', { hasText: text }) }).first();
  const act = async (page: Page, text: string, action: string) => {
    await messageOf(page, text).hover();
    await messageOf(page, text).getByRole('button', { name: 'Message actions' }).click();
    await page.getByRole('button', { name: action, exact: true }).click();
  };

  test('when one types, then the other sees it in the room, and no longer after the message', async () => {
    const [{ page: hers }, { page: his }] = [await openRoom(ann), await openRoom(ben)];
    // Typing is never stored: what she typed before his page was connected, he does not see.
    await waitFor(
      async () => {
        await composerOf(hers).pressSequentially('.');
        return (await his.getByText('is typing').count()) > 0;
      },
      'typing in the room',
      20_000,
    );
    await composerOf(hers).fill('Hello');
    await composerOf(hers).press('Enter');
    await messageOf(his, 'Hello').waitFor();
    await waitFor(async () => (await his.getByText('is typing').count()) === 0, 'the end of typing');
    expect(await hers.getByText('is typing').count()).toBe(0);
  }, 60_000);

  test('when two react, reply and edit, then both see it; the quote leads to its message, the earlier text is kept', async () => {
    for (let n = 0; n < 60; n += 1) await send(n % 2 === 0 ? ann : ben, `message ${n}`);
    const [{ page: hers }, { page: his }] = [await openRoom(ann), await openRoom(ben)];
    await messageOf(hers, 'message 59').waitFor();
    await say(hers, 'Lunch at 12?');
    await act(his, 'Lunch at 12?', 'React with 👍');
    await messageOf(hers, 'Lunch')
      .getByRole('button', { name: /^👍 1 by Ben/ })
      .click();
    await messageOf(his, 'Lunch')
      .getByRole('button', { name: /^👍 2 by You and Ann/ })
      .waitFor();

    await act(his, 'Lunch at 12?', 'Reply');
    await say(his, 'Gladly');
    await waitFor(async () => (await bubbles(hers)).some((text) => /You\s*Lunch at 12\?\s*Gladly/.test(text)), 'the quote');

    await act(hers, 'Lunch at 12?', 'Edit');
    const editor = hers.getByRole('textbox', { name: 'Edit message' });
    await editor.fill('Lunch at 13?');
    await editor.press('Enter');
    await messageOf(his, 'Lunch at 13?')
      .getByRole('button', { name: /^edited/ })
      .click();
    await his.getByRole('dialog', { name: 'Earlier texts' }).getByText('Lunch at 12?').waitFor();
    await his.keyboard.press('Escape');
    // Escape cancels an edit, Arrow Up begins one of the last own message.
    await composerOf(hers).press('ArrowUp');
    await editor.fill('never');
    await editor.press('Escape');
    expect(await hers.getByText('never').count()).toBe(0);

    // A quote of a message that was not loaded.
    await send(ben, 'long ago', { replyTo: 2 });
    await messageOf(hers, 'long ago')
      .getByRole('button', { name: /Answers/ })
      .click();
    await hers.locator('.message.found').getByText('message 1', { exact: true }).waitFor();
    expect(await violationsOf(hers)).toEqual([]);
  }, 90_000);

  test('when a room has unread messages, then it opens at the first one below a line, and the button leads to the newest', async () => {
    for (let n = 0; n < 30; n += 1) await send(ann, `read ${n}`);
    await product.call('POST', `/api/chat/rooms/${chatRoomId}/read`, ben.token, { seq: 30 });
    for (let n = 0; n < 70; n += 1) await send(ann, `unread ${n}`);
    const { page } = await openRoom(ben);
    await page.getByText(/^New since/).waitFor();
    const line = await page.getByText(/^New since/).boundingBox();
    const list = await page.getByRole('log').boundingBox();
    expect(line!.y - list!.y).toBeLessThan(list!.height / 3);
    await page.locator('.message-bubble').getByText('unread 0', { exact: true }).waitFor();
    // Nothing was seen yet.
    const { body } = await product.call('GET', '/api/chat/rooms', ben.token);
    expect(body[0].unreadCount).toBe(70);
    await page.getByRole('button', { name: '70 new messages' }).click();
    await page.locator('.message-bubble').getByText('unread 69', { exact: true }).waitFor();
    await waitFor(async () => (await product.call('GET', '/api/chat/rooms', ben.token)).body[0].unreadCount === 0, 'all being read');
  }, 90_000);

  test('when a link names a message, then the room opens there and shows which one; the text and the link can be copied', async () => {
    for (let n = 0; n < 120; n += 1) await send(ann, `message ${n}`);
    const { page, context } = await openRoom(ann, { permissions: ['clipboard-read', 'clipboard-write'] }, '#message-10');
    await page.locator('.message.found').getByText('message 9', { exact: true }).waitFor();
    await act(page, 'message 9', 'Copy link');
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await waitFor(async () => (await copied()) === `${product.url}/chat/${chatRoomId}#message-10`, 'the link');
    await act(page, 'message 9', 'Copy text');
    await waitFor(async () => (await copied()) === 'message 9', 'the text');
    await context.close();
  }, 90_000);

  test('when only a keyboard is there, then a message can be reacted to and answered', async () => {
    await send(ben, 'Hello');
    const { page } = await openRoom(ann);
    await messageOf(page, 'Hello').getByRole('button', { name: 'Message actions' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'React with 👍' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await messageOf(page, 'Hello')
      .getByRole('button', { name: /^👍 1 by You/ })
      .waitFor();
    await messageOf(page, 'Hello').getByRole('button', { name: 'Message actions' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Reply', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('Hi');
    await page.keyboard.press('Enter');
    await waitFor(async () => (await bubbles(page)).some((text) => /Ben\s*Hello\s*Hi/.test(text)), 'the answer');
  }, 60_000);

  test('when a finger rests on a message of a phone, then its actions open, and nothing is wider than the screen', async () => {
    const long = await product.register('Wolfeschlegelsteinhausenbergerdorff '.repeat(2).trim());
    chatRoomId = await app.roomOf(ann, long);
    await send(long, 'A'.repeat(300));
    await send(ann, 'Yes', { replyTo: 1 });
    const { page } = await openRoom(ann, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const bubble = messageOf(page, 'AAAA').locator('.message-bubble');
    await bubble.dispatchEvent('pointerdown', { pointerType: 'touch', clientX: 50, clientY: 200, bubbles: true });
    await page.getByRole('button', { name: 'React with 👍' }).click();
    await bubble.dispatchEvent('pointerup', { pointerType: 'touch', bubbles: true });
    await messageOf(page, 'AAAA')
      .getByRole('button', { name: /^👍 1 by You/ })
      .waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await violationsOf(page)).toEqual([]);
  }, 60_000);

  test('when the marks are switched off, then neither side sees how far the other has read', async () => {
    const { page: hers } = await openRoom(ann);
    await say(hers, 'Hello');
    await openRoom(ben);
    await hers.getByText('Read', { exact: true }).waitFor();
    await hers.goto(`${product.url}/profile`);
    await hers.getByText('Delivered and read marks').click();
    await waitFor(async () => (await product.call('GET', '/api/users/me', ann.token)).body.privacy.readReceipts === false, 'the switch');
    await waitFor(
      async () => (await product.call('GET', '/api/chat/rooms', ann.token)).body[0].othersReadSeq === 0,
      'the marks being hidden',
    );
    await hers.goto(`${product.url}/chat/${chatRoomId}`);
    await hers.getByText('Sent', { exact: true }).waitFor();
  }, 60_000);
});
