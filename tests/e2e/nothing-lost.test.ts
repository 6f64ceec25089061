import { waitFor } from '@linsta/testing';
import { io, type Socket } from 'socket.io-client';
import { createProductProcess } from '../support/product-process';

/**
 * A client as the contract describes it: it retries unanswered sends under the same
 * clientMessageId, and resumes after a reconnect.
 */
function createClient(url: string, token: string, chatRoomId: string) {
  const socket: Socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 300,
    auth: { token },
  });
  const bySeq = new Map<number, any>();
  const copies = new Map<string, number>();
  const acknowledged: any[] = [];
  const place = (message: any) => void bySeq.set(message.seq, message);
  socket.on('receive_message', (message) => {
    copies.set(`${socket.id}:${message._id}`, (copies.get(`${socket.id}:${message._id}`) ?? 0) + 1);
    place(message);
  });
  const gapless = () => {
    let seq = 0;
    while (bySeq.has(seq + 1)) seq += 1;
    return seq;
  };
  const resume = async () => {
    const { ok, rooms } = await socket.timeout(5_000).emitWithAck('resume', { rooms: [{ chatRoomId, afterSeq: gapless() }] });
    if (!ok) throw new Error('resume refused');
    for (const { messages, reset, lastSeq } of rooms) {
      messages.forEach(place);
      // Too much was missed for one answer: the rest is fetched as history.
      while (reset === true && gapless() < lastSeq) {
        const page = await socket.timeout(5_000).emitWithAck('get_history', { chatRoomId, limit: 100, afterSeq: gapless() });
        page.messages.forEach(place);
      }
    }
  };
  const resumeUntilDone = () => void resume().catch(() => socket.connected && setTimeout(resumeUntilDone, 100));
  socket.on('connect', resumeUntilDone);
  return {
    socket,
    bySeq,
    acknowledged,
    gapless,
    resume,
    copies,
    cut: () => socket.io.engine.close(),
    async send(text: string) {
      const payload = { chatRoomId, text, clientMessageId: text };
      for (;;) {
        try {
          const answer = await socket.timeout(2_000).emitWithAck('send_message', payload);
          if (answer.ok === true) return void acknowledged.push(answer.message);
          if (answer.error.code !== 'UNAVAILABLE') throw Object.assign(new Error(answer.error.message), { final: true });
        } catch (error) {
          if ((error as { final?: boolean }).final === true) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

let product: Awaited<ReturnType<typeof createProductProcess>>;
let people: { token: string; _id: string }[];
let chatRoomId: string;
beforeAll(async () => {
  product = await createProductProcess();
  await product.start();
  const call = async (path: string, body: unknown, token?: string) =>
    (
      await fetch(product.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body),
      })
    ).json();
  people = await Promise.all(
    ['Kim', 'Lea'].map(async (name) => {
      const { token, user } = await call('/api/auth/register', { name, email: `${name}@example.com`, password: 'correct horse' });
      return { token, _id: user._id };
    }),
  );
  chatRoomId = (await call('/api/chat/rooms', { otherUserId: people[1]!._id }, people[0]!.token)).chatRoomId;
});
afterAll(() => product.remove());

const storedMessages = async () => {
  const all: any[] = [];
  for (let afterSeq = 0; ;) {
    const response = await fetch(`${product.url}/api/chat/messages/${chatRoomId}?limit=100&afterSeq=${afterSeq}`, {
      headers: { authorization: `Bearer ${people[0]!.token}` },
    });
    const page = (await response.json()) as any[];
    if (page.length === 0) return all;
    all.push(...page);
    afterSeq = page.at(-1).seq;
  }
};

/**
 * Two devices of each user send 50 messages while `disturb` runs; then every device must hold
 * exactly the stored messages.
 */
async function exchange(round: string, disturb: (clients: ReturnType<typeof createClient>[]) => Promise<void>) {
  const before = (await storedMessages()).length;
  // Two devices each.
  const clients = people.flatMap(({ token }) => [0, 1].map(() => createClient(product.url, token, chatRoomId)));
  for (const client of clients) client.socket.io.timeout(5_000);
  try {
    let done = false;
    const disturbing = disturb(clients).finally(() => (done = true));
    // In windows of five: enough to be interrupted in the middle, and bounded.
    await Promise.all(
      clients.map(async (client, who) => {
        for (let n = 0; n < 50 || (!done && n < 2_000); n += 5)
          await Promise.all([0, 1, 2, 3, 4].map((part) => client.send(`${round}-${who}-${n + part}`)));
      }),
    );
    await disturbing;
    const stored = await storedMessages();
    for (const client of clients) {
      await waitFor(() => client.gapless() === stored.length, 'every device holding everything', 15_000);
      expect([...client.bySeq.values()].sort((a, b) => a.seq - b.seq).map(({ _id }) => _id)).toEqual(stored.map(({ _id }) => _id));
      for (const message of client.acknowledged) expect(stored[message.seq - 1]).toMatchObject({ _id: message._id, text: message.text });
      expect([...client.copies.values()].filter((count) => count > 1)).toEqual([]);
    }
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, at) => at + 1));
    const texts = stored.slice(before).map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBe(clients.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0));
  } finally {
    for (const { socket } of clients) socket.disconnect();
  }
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('when a device is cut off again and again, then every device ends with every message once, in order', async () => {
  await exchange('cut', async ([, , , device]) => {
    for (let n = 0; n < 5; n += 1) {
      await pause(40 + Math.random() * 60);
      device!.cut();
    }
  });
}, 60_000);

test('when the product is killed in the middle, three times, then nothing acknowledged is lost and nothing is doubled', async () => {
  await exchange('kill', async () => {
    for (let n = 0; n < 3; n += 1) {
      await pause(100 + Math.random() * 200);
      await product.end('SIGKILL');
      await product.start();
    }
  });
}, 120_000);

test('when the product is stopped in the middle, then it ends with code 0 and nothing is lost', async () => {
  await exchange('stop', async () => {
    await pause(150);
    expect(await product.end('SIGTERM')).toBe(0);
    await product.start();
  });
}, 60_000);
