import { describeWith, noBrowser, waitFor } from '@linsta/testing';
import type { Person } from '../support/product';
import { composerOf, say, startWebApp, type WebApp } from '../support/web-app';

const MESSAGES = 5_000;

describeWith(noBrowser, `a room of ${MESSAGES} messages in a real browser`, () => {
  let app: WebApp;
  let ann: Person;
  let ben: Person;
  let chatRoomId: string;
  beforeAll(async () => {
    app = await startWebApp({ EVENTS_PER_SECOND: '100000', EVENTS_BURST: '100000' });
    [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => app.product.register(name)))) as [Person, Person];
    chatRoomId = await app.roomOf(ann, ben);
    const [hers, his] = [app.product.device(ann.token), app.product.device(ben.token)];
    await Promise.all([hers.connected, his.connected]);
    const words =
      'Some are short. Others go on for a while, as people do when they have something to tell, and need a second line or a third.'.split(
        ' ',
      );
    // What one device sends keeps its order; so the numbers in the texts are those of the room.
    for (let at = 0; at < MESSAGES; at += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => {
          const text = `${at + n + 1}: ${words.slice(0, 1 + (((at + n) * 7) % words.length)).join(' ')}`;
          return (at % 150 === 0 ? hers : his).request('send_message', { chatRoomId, text });
        }),
      );
  }, 120_000);
  afterAll(async () => {
    await app.stop();
    expect(app.faults).toEqual([]);
  });

  test('when one scrolls up to the first message, then older ones come without a jump, and few are ever in the page', async () => {
    const { page } = await app.enter(ann);
    await page.goto(`${app.product.url}/chat/${chatRoomId}`);
    await waitFor(
      async () =>
        /^5000:/.test(
          (await page
            .locator('.message-bubble')
            .last()
            .innerText()
            .catch(() => '')) ?? '',
        ),
      'the newest one',
    );
    const seen = await page.evaluate(async () => {
      const scroller = document.querySelector('.messages') as HTMLElement;
      const topmost = () => {
        const edge = scroller.getBoundingClientRect().top;
        const row = [...scroller.querySelectorAll('.message-row')].find((element) => element.getBoundingClientRect().bottom > edge + 1);
        return Number(/\d+/.exec(row?.querySelector('.message-bubble')?.textContent ?? '')?.[0] ?? Infinity);
      };
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const steps: number[] = [];
      let [before, rows, dropped, frames, waited] = [await frame(), 0, 0, 0, 0];
      for (let top = topmost(); top > 1 && frames < 20_000;) {
        const atTop = scroller.scrollTop === 0;
        scroller.scrollTop -= 600;
        const now = await frame();
        frames += 1;
        if (atTop) waited += 1;
        dropped += Math.max(0, Math.round((now - before) / (1000 / 60)) - 1);
        before = now;
        rows = Math.max(rows, scroller.querySelectorAll('.message-row').length);
        const next = topmost();
        if (Number.isFinite(next)) {
          steps.push(top - next);
          top = next;
        }
      }
      return { steps, rows, dropped, frames, waited };
    });
    process.stderr.write(
      `scrolled ${MESSAGES} messages in ${seen.frames} frames, ${seen.dropped} of 60 a second dropped; ${seen.waited} frames waited at the top for older ones\n`,
    );
    // Upwards is upwards: never back down but for the row at the edge, and never further than 600
    // pixels hold.
    expect(Math.min(...seen.steps)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...seen.steps)).toBeLessThanOrEqual(40);
    expect(seen.steps.reduce((sum, step) => sum + step, 0)).toBeGreaterThan(MESSAGES - 100);
    expect(seen.rows).toBeLessThan(120);
    expect(await page.getByText('Today').count()).toBe(1);

    // Far up: what arrives is counted, and one press leads to it.
    for (const text of ['fresh one', 'fresh two']) await app.product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text });
    await page.getByRole('button', { name: '2 new messages' }).click();
    await waitFor(async () => (await page.locator('.message-bubble').last().innerText()) === 'fresh two', 'the newest one');
    await waitFor(async () => (await page.getByRole('button', { name: /new messages|Newest/ }).count()) === 0, 'the button having gone');
    // At the end one stays at the end.
    await say(page, 'my own');
    await composerOf(page).waitFor();
    await waitFor(
      () =>
        page.evaluate(() => {
          const { scrollHeight, scrollTop, clientHeight } = document.querySelector('.messages') as HTMLElement;
          return scrollHeight - scrollTop - clientHeight < 60 && document.querySelector('.messages')?.textContent?.includes('my own');
        }),
      'one’s own message in sight',
    );
  }, 120_000);
});
