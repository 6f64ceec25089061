/**
 * Photographs every page at three widths in both themes: `npm run screenshots [-- folder [name
 * ...]]`. Look at them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_USERS, ensureDemoUsers, startAllInOne } from '@linsta/launcher';
import { createLogger } from '@linsta/core';
import { chromiumPath, createTemporaryDirectory } from '@linsta/testing';
import { chromium, type Page } from 'playwright-core';
import { browserArguments } from '../../tests/support/browser';
import { createSampleData } from '../../tests/support/sample-data';

const WIDTHS = { 390: 844, 768: 1024, 1440: 900 };

async function main([folder = 'screenshots', ...only]: string[]) {
  if (chromiumPath === undefined) throw new Error('No Chromium is installed (Debian: apt-get install chromium).');
  mkdirSync(folder, { recursive: true });
  const directory = createTemporaryDirectory();
  const product = await startAllInOne({
    dataDir: directory.path,
    env: { PORT: '0', ARGON2_MEMORY_KIB: '64', DRAIN_MS: '50', AUTH_RATE_LIMIT_PER_MINUTE: '10000' },
    demoUsers: DEMO_USERS,
    createServiceLogger: (service) => createLogger(service, 'error'),
  });
  await ensureDemoUsers(product.url);
  const data = await createSampleData(product);
  // Socket.IO takes localhost for a network that is always there; pictures of being offline want
  // another name.
  const origin = product.url.replace('localhost', '127.0.0.1');
  const browser = await chromium.launch({ executablePath: chromiumPath, args: browserArguments });

  const signedOut: Record<string, [path: string, arrange?: (page: Page) => Promise<unknown>]> = {
    'sign-in': ['/'],
    'sign-up': ['/sign-up'],
    demo: [
      '/demo',
      async (page) => {
        const [ann, ben] = [
          page.getByRole('region', { name: 'Ann Demo', exact: true }),
          page.getByRole('region', { name: 'Ben Demo', exact: true }),
        ];
        const say = async (side: typeof ann, text: string) => {
          await side.getByRole('textbox', { name: 'Message' }).fill(text);
          await side.getByRole('textbox', { name: 'Message' }).press('Enter');
          await side.locator('.message-bubble').filter({ hasText: text }).last().waitFor();
        };
        await ben.getByText('Network', { exact: true }).waitFor();
        // Once; the later pictures show the same talk.
        if ((await ann.getByText('Say hello').count()) === 1) {
          await say(ann, 'Is the train on time?');
          await say(ben, 'It is. I am going into the tunnel now …');
          await ben.getByText('Network', { exact: true }).click();
          await say(ben, 'Nobody can hear me in here');
          await say(ben, 'but it will arrive, in this order');
          await say(ann, 'See you at the station');
          await ben.getByText('Network', { exact: true }).click();
          await ann.getByText('in this order').waitFor();
        }
        await ben.getByText('in this order').waitFor();
        await ben.getByText('Network', { exact: true }).click();
        await say(ben, 'And another tunnel');
        await ben.getByText('Offline, 1 message waiting').waitFor();
      },
    ],
  };
  const signedIn: typeof signedOut = {
    feed: ['/', (page) => page.getByRole('article').first().waitFor()],
    post: [`/posts/${data.posts.at(-1)}`, (page) => page.getByText('Can children').waitFor()],
    likers: ['/', (page) => page.getByRole('button', { name: '5 likes' }).click()],
    events: ['/events', (page) => page.getByRole('article').first().waitFor()],
    event: [`/events/${data.events.at(-1)}`, (page) => page.getByText('is going').first().waitFor()],
    'new-event': ['/events', (page) => page.getByRole('button', { name: 'New event' }).click()],
    chats: ['/chat', (page) => page.getByText('Sam Okafor').waitFor()],
    conversation: [`/chat/${data.rooms['Jonas Weber']}`, (page) => page.getByText('See you on Saturday').last().waitFor()],
    'conversation-emoji': [`/chat/${data.rooms['Jonas Weber']}`, (page) => page.getByRole('button', { name: 'Emoji' }).click()],
    'conversation-empty': [
      '/chat',
      async (page) => {
        await page.getByRole('button', { name: 'New chat' }).click();
        await page.getByRole('button', { name: 'Noah Brandt' }).click();
        await page.getByText('Say hello').waitFor();
      },
    ],
    'new-chat': [
      '/chat',
      async (page) => {
        await page.getByRole('button', { name: 'New chat' }).click();
        await page.getByRole('button', { name: 'Noah Brandt' }).waitFor();
      },
    ],
    notifications: ['/notifications', (page) => page.getByText('commented').first().waitFor()],
    profile: ['/profile'],
    docs: ['/docs', (page) => page.getByText('/api/posts', { exact: true }).first().click()],
    'not-found': [`/posts/${'0'.repeat(24)}`, (page) => page.getByText('is not here').waitFor()],
    // Last, and never online again: the pending message must not be sent before its next picture.
    'conversation-offline': [
      `/chat/${data.rooms['Sam Okafor']}`,
      async (page) => {
        await page.getByRole('textbox', { name: 'Message' }).waitFor();
        await page.context().setOffline(true);
        for (const text of ['I come by at seven', 'and bring the drill back']) {
          await page.getByRole('textbox', { name: 'Message' }).fill(text);
          await page.getByRole('textbox', { name: 'Message' }).press('Enter');
        }
        await page.getByText('2 messages waiting').waitFor();
      },
    ],
  };

  for (const [width, height] of Object.entries(WIDTHS))
    for (const colorScheme of ['light', 'dark'] as const)
      for (const [isIn, pages] of [
        [false, signedOut],
        [true, signedIn],
      ] as const) {
        const chosen = Object.entries(pages).filter(([name]) => only.length === 0 || only.includes(name));
        if (chosen.length === 0) continue;
        const context = await browser.newContext({
          viewport: { width: Number(width), height },
          colorScheme,
          reducedMotion: 'reduce',
          locale: 'en-GB',
          deviceScaleFactor: 1,
        });
        if (isIn) {
          const page = await context.newPage();
          await page.goto(origin);
          await page.getByLabel('E-mail').fill(data.me.email);
          await page.getByLabel('Password').fill(data.password);
          await page.getByRole('button', { name: 'Sign in', exact: true }).click();
          await page.getByRole('navigation', { name: 'Main' }).waitFor();
          await page.close();
        }
        for (const [name, [path, arrange]] of chosen) {
          const page = await context.newPage();
          page.setDefaultTimeout(8_000);
          try {
            await page.goto(origin + path);
            await page.locator('h1, [role=alert]').filter({ visible: true }).first().waitFor();
            await arrange?.(page);
          } catch (error) {
            process.stderr.write(`${name} ${width} ${colorScheme}: ${String(error).split('\n')[0]}\n`);
          }
          await page.waitForTimeout(250);
          await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
          await page.close();
        }
        await context.close();
      }
  data.leave();
  await browser.close();
  await product.stop();
  directory.remove();
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
