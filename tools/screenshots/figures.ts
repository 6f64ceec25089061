/** Figures of the web app on this machine, never asserted: `npm run web-figures`. */
import { chromiumPath, noBrowser, waitFor } from '@linsta/testing';
import type { Page } from 'playwright-core';
import { startWebApp } from '../../tests/support/web-app';

const SENDS = 200;
const RECEIVED = 10_000;
const say = (line: string) => process.stdout.write(`${line}\n`);
const percentile = (values: number[], share: number) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN;
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const heapOf = async (page: Page): Promise<number> => {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1e6;
};

async function main() {
  if (chromiumPath === undefined) throw new Error(noBrowser);
  const limits = {
    EVENTS_PER_SECOND: '100000',
    EVENTS_BURST: '100000',
    RATE_LIMIT_PER_MINUTE: '1000000',
    USER_RATE_LIMIT_PER_MINUTE: '1000000',
  };
  const app = await startWebApp(limits);
  const [ann, ben] = await Promise.all(['Ann', 'Ben'].map((name) => app.product.register(name)));
  if (ann === undefined || ben === undefined) return;
  for (let n = 0; n < 20; n += 1) await app.product.call('POST', '/api/posts', ben.token, { text: `A post, number ${n}` });
  const chatRoomId = await app.roomOf(ann, ben);
  const { context, page } = await app.enter(ann);
  // The compiler that runs this file names functions by a helper that pages do not have.
  await page.addInitScript('globalThis.__name = (named) => named');

  // The first load of a returning user: an empty browser cache, but signed in.
  const loads: Record<string, number>[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { page: tab } = await app.visit({ storageState: await context.storageState() });
    await tab.evaluate('globalThis.__name = (named) => named');
    await tab.getByRole('article').first().waitFor();
    await tab.waitForTimeout(1_000);
    loads.push(
      await tab.evaluate(async () => {
        const entriesOf = (type: string) =>
          new Promise<any[]>((resolve) => {
            new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type, buffered: true });
            setTimeout(() => resolve([]), 300);
          });
        const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
        return {
          fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
          lcp: (await entriesOf('largest-contentful-paint')).at(-1)?.startTime ?? NaN,
          cls: sum((await entriesOf('layout-shift')).map(({ value }) => value)),
          blocked: sum((await entriesOf('longtask')).map(({ duration }) => Math.max(0, duration - 50))),
          bytes: sum((performance.getEntriesByType('resource') as PerformanceResourceTiming[]).map(({ transferSize }) => transferSize)),
        };
      }),
    );
    await tab.close();
  }
  const middle = (name: string) =>
    percentile(
      loads.map((load) => load[name] ?? NaN),
      0.5,
    );
  say(
    `first contentful paint ${ms(middle('fcp'))}, largest ${ms(middle('lcp'))}, main thread blocked ${ms(middle('blocked'))}, layout shift ${middle('cls').toFixed(3)}, ${(middle('bytes') / 1000).toFixed(0)} kB over the wire (middle of ${loads.length})`,
  );

  // From the click to the word "Sent", which stands for an acknowledgement, which means stored.
  await page.goto(`${app.product.url}/chat/${chatRoomId}`);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  const times = await page.evaluate(async (sends) => {
    const area = document.querySelector('.message-composer textarea') as HTMLTextAreaElement;
    const setValue = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
    const button = document.querySelector('.message-composer button[type=submit]') as HTMLButtonElement;
    const measured: number[] = [];
    for (let n = 0; n < sends; n += 1) {
      const text = `figure ${n}`;
      setValue?.call(area, text);
      area.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve, 30));
      const began = performance.now();
      button.click();
      await new Promise<void>((resolve) => {
        const look = () => {
          const row = [...document.querySelectorAll('.message-row')].find(
            (element) => element.querySelector('.prose')?.textContent === text,
          );
          if (row?.querySelector('.message.sent') === null || row === undefined) return;
          observer.disconnect();
          resolve();
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        look();
      });
      measured.push(performance.now() - began);
    }
    return measured;
  }, SENDS);
  say(`click to sent, stored: p50 ${ms(percentile(times, 0.5))}, p95 ${ms(percentile(times, 0.95))} (${SENDS} messages one after another)`);

  const before = await heapOf(page);
  const his = app.product.device(ben.token);
  await his.connected;
  const began = Date.now();
  for (let at = 0; at < RECEIVED; at += 100)
    await Promise.all(Array.from({ length: 100 }, (_, n) => his.request('send_message', { chatRoomId, text: `received ${at + n + 1}` })));
  await waitFor(async () => (await page.locator('.message-bubble').last().innerText()) === `received ${RECEIVED}`, 'the last one', 60_000);
  const took = (Date.now() - began) / 1000;
  say(
    `memory of the page's scripts: ${before.toFixed(1)} MB before, ${(await heapOf(page)).toFixed(1)} MB after ${RECEIVED} received messages in the open room (in ${took.toFixed(0)} s)`,
  );
  await page.getByRole('link', { name: 'Feed' }).click();
  await page.getByRole('article').first().waitFor();
  say(`... ${(await heapOf(page)).toFixed(1)} MB after leaving the room`);
  await app.closePages();
  await app.stop();
  if (app.faults.length > 0) say(`faults: ${app.faults.join('; ')}`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
