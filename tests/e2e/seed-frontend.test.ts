import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { waitFor } from '@linsta/testing';
import { JSDOM } from 'jsdom';
import { startProduct, type Person, type Product } from '../support/product';

/**
 * The frontend code that the product was asked to serve, run as it stands; only the address and the
 * room's id are put in.
 */

let product: Product;
let ann: Person;
let ben: Person;
let chatRoomId: string;
let dom: JSDOM;
const nodeGlobals = globalThis as unknown as Record<string, unknown>;

beforeAll(async () => {
  product = await startProduct();
  [ann, ben] = (await Promise.all(['Ann', 'Ben'].map((name) => product.register(name)))) as [Person, Person];
  chatRoomId = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body.chatRoomId;
  dom = new JSDOM('<!doctype html><div id="root"></div>', { url: product.url });
  for (const name of ['window', 'document', 'navigator', 'localStorage', 'HTMLElement', 'Event'] as const)
    nodeGlobals[name] = dom.window[name as never];
  dom.window.localStorage.setItem('authToken', ben.token);
});
afterAll(async () => {
  await product.stop();
  dom.window.close();
});

/** Compiles a file of the frontend and runs it; answers what it exports. */
function run(file: string, given: Record<string, unknown> = {}): Record<string, any> {
  const source = readFileSync(join(__dirname, 'seed', file), 'utf8')
    .replaceAll('http://localhost:5000', product.url)
    .replaceAll('66f1234567890abcdef01234', chatRoomId);
  const { code } = transformSync(source, {
    filename: file,
    jsc: { parser: { syntax: 'ecmascript', jsx: true }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const exported = { exports: {} as Record<string, any> };
  const names = ['module', 'exports', 'require', ...Object.keys(given)];
  const load = createRequire(__filename);
  // The snippet is the fixture; its globals are handed in as parameters.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function(...names, code)(exported, exported.exports, load, ...Object.values(given));
  return exported.exports;
}

test('when the snippets run, then each listener gets what it was promised', async () => {
  const log: unknown[][] = [];
  const write = (...parts: unknown[]) => void log.push(parts);
  const alerts: string[] = [];
  await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'before' });
  const { socket, sendMessage } = run('frontend.js', {
    console: { log: write, error: write },
    showNotificationAlert: (text: string) => void alerts.push(text),
  });
  const logged = (label: string) => waitFor(() => log.find(([first]) => first === label), label);
  try {
    await logged('Connected to server');
    expect((await logged('Message history:'))[1]).toMatchObject([{ text: 'before', senderId: { name: 'Ann' } }]);
    sendMessage('Hey, how are you?');
    expect((await logged('New message:'))[1]).toMatchObject({ chatRoomId, senderId: ben._id, text: 'Hey, how are you?' });
    const other = product.device(ann.token);
    await other.request('join_room', { chatRoomId });
    await logged(`User ${ann._id} joined the room`);
    const post = (await product.call('POST', '/api/posts', ben.token, { text: 'Hello' })).body;
    await product.call('POST', `/api/posts/${post._id}/like`, ann.token);
    expect((await logged('New notification:'))[1]).toMatchObject({ type: 'LIKE', referenceId: post._id });
    expect(alerts).toEqual(['Ann liked your post']);
    sendMessage('   ');
    expect((await logged('Socket error:'))[1]).toMatchObject({ message: 'Message text empty' });
    expect(log.filter(([first]) => first === 'Socket error:')).toHaveLength(1);
  } finally {
    socket.disconnect();
  }
  await logged('Disconnected from server');
});

test('when the React component is shown, then history stands there with names, and what is typed and sent appears', async () => {
  const React = await import('react');
  const { createRoot } = await import('react-dom/client');
  const { default: ChatRoom } = run('chat-room.jsx', { React });
  const root = createRoot(dom.window.document.getElementById('root')!);
  const lines = () => [...dom.window.document.querySelectorAll('.message')].map((line) => line.textContent);
  await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'for the component' });
  root.render(React.createElement(ChatRoom, { chatRoomId }));
  try {
    await waitFor(() => lines().some((line) => line.startsWith('Ann: for the component')));
    const input = dom.window.document.querySelector('input')!;
    const setValue = Object.getOwnPropertyDescriptor(dom.window.HTMLInputElement.prototype, 'value')!.set!;
    setValue.call(input, 'typed by Ben');
    input.dispatchEvent(new dom.window.Event('input', { bubbles: true }));
    await waitFor(() => input.value === 'typed by Ben');
    dom.window.document.querySelector('form')!.dispatchEvent(new dom.window.Event('submit', { bubbles: true, cancelable: true }));
    await waitFor(() => lines().some((line) => line.includes('typed by Ben')));
    await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'an answer' });
    await waitFor(() => lines().some((line) => line.includes('an answer')));
    expect(lines().filter((line) => line.includes('an answer'))).toHaveLength(1);
  } finally {
    root.unmount();
  }
});
