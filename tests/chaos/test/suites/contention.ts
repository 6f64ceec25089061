import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceivedMessage } from '@linsta/contracts';
import { changeBatchAnswer, sendBatchAnswer, type SendOutcome } from '@linsta/contracts/internal';
import { exchangeOf, PRODUCT_TOPOLOGY } from '@linsta/bus';
import { createInternalClient, createServiceTokens } from '@linsta/http';
import { waitFor } from '@linsta/testing';
import { connect } from 'amqplib';
import { createApi } from '../../src/api';
import type { Environment } from '../../src/environment';
import { deviceOn, register, roomOf } from './users';

type Stored = Extract<SendOutcome, { ok: true }>;

/** Two processes of one service under contention. */
export function contentionSuite(environment: () => Environment): void {
  const internalUrls = (service: string) =>
    environment()
      .stack.members.filter((member) => member.service === service)
      .map(({ ports }) => `http://127.0.0.1:${ports.internalPort}`);

  test('when two chat nodes number the same room under full contention, then there is no gap and no number twice, and a send to both is stored once', async () => {
    const [ann, ben] = [await register(environment(), 'Ann'), await register(environment(), 'Ben')];
    const chatRoomId = await roomOf(environment(), ann, ben);
    const { SERVICE_SECRET } = JSON.parse(readFileSync(join(environment().directory, 'secrets.json'), 'utf8')) as {
      SERVICE_SECRET: string;
    };
    const tokens = createServiceTokens(SERVICE_SECRET, 'realtime');
    const nodes = internalUrls('chat').map((baseUrl) => createInternalClient({ service: 'chat', baseUrl, tokens }));
    expect(nodes).toHaveLength(2);
    const send = async (node: number, keys: string[]): Promise<Stored[]> => {
      const messages = keys.map((key) => ({ chatRoomId, senderId: node === 0 ? ann._id : ben._id, text: key, clientMessageId: key }));
      return (await nodes[node]!.post('/messages', { messages }, sendBatchAnswer)).results.map((outcome) => {
        if (!outcome.ok) throw new Error(outcome.error.message);
        return outcome;
      });
    };
    const batches = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        send(
          n % 2,
          Array.from({ length: 5 }, (_part, part) => `${n}-${part}`),
        ),
      ),
    );
    // Within a batch the order is the sender's.
    for (const batch of batches) {
      const seqs = batch.map(({ message }) => message.seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    }
    const all = batches.flat().map(({ message }) => message.seq);
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));

    const both = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const message = { chatRoomId, senderId: ann._id, text: `both-${n}`, clientMessageId: `both-${n}` };
        const answers = await Promise.all(nodes.map((node) => node.post('/messages', { messages: [message] }, sendBatchAnswer)));
        return answers.map(({ results: [outcome] }) => outcome as Stored);
      }),
    );
    for (const [one, other] of both) {
      expect(one!.message._id).toBe(other!.message._id);
      expect([one!.duplicate, other!.duplicate].filter(Boolean)).toHaveLength(1);
    }
    expect(both.map(([one]) => one!.message.seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => 301 + n));
    nodes.forEach((node) => node.close());
  }, 60_000);

  test('when two chat nodes change the same messages under full contention, then no reaction is lost, and no number is taken twice', async () => {
    const [ann, ben] = [await register(environment(), 'Ann'), await register(environment(), 'Ben')];
    const chatRoomId = await roomOf(environment(), ann, ben);
    const { SERVICE_SECRET } = JSON.parse(readFileSync(join(environment().directory, 'secrets.json'), 'utf8')) as {
      SERVICE_SECRET: string;
    };
    const tokens = createServiceTokens(SERVICE_SECRET, 'realtime');
    const nodes = internalUrls('chat').map((baseUrl) => createInternalClient({ service: 'chat', baseUrl, tokens }));
    const messages = ['one', 'two'].map((text) => ({ chatRoomId, senderId: ann._id, text }));
    await nodes[0]!.post('/messages', { messages }, sendBatchAnswer);
    const emoji = [...'😀😂🥰😎🤔😢😡👍👎👏'];
    // Each reaction on its own, to a node in turn; some are withdrawn again.
    const react = async (node: number, userId: string, seq: number, one: string, on: boolean) => {
      const changes = [{ kind: 'react', chatRoomId, userId, seq, emoji: one, on }];
      const { results } = await nodes[node]!.post('/changes', { changes }, changeBatchAnswer);
      const [outcome] = results;
      if (outcome?.ok !== true) throw new Error(outcome?.error.message);
      return outcome;
    };
    const outcomes = await Promise.all(
      emoji.flatMap((one, at) =>
        [ann._id, ben._id].flatMap((userId, who) =>
          [1, 2].map(async (seq) => {
            const first = await react((at + who) % 2, userId, seq, one, true);
            return seq === 2 && at % 2 === 0 ? [first, await react((at + who + 1) % 2, userId, seq, one, false)] : [first];
          }),
        ),
      ),
    );
    const pushed = outcomes.flat().filter((outcome) => outcome.pushed);
    const revs = pushed.map(({ message }) => message.rev ?? 0);
    expect(new Set(revs).size).toBe(revs.length);
    const [first, second] = await createApi(environment().stack.url).call<ReceivedMessage[]>('GET', `/api/chat/messages/${chatRoomId}`, {
      token: ann.token,
    });
    const shown = ({ reactions = [] }: ReceivedMessage) =>
      reactions.map((reaction) => `${reaction.emoji} ${reaction.userIds.length}`).sort();
    expect(shown(first!)).toEqual(emoji.map((one) => `${one} 2`).sort());
    expect(shown(second!)).toEqual(emoji.flatMap((one, at) => (at % 2 === 0 ? [] : [`${one} 2`])).sort());
    expect(Math.max(first!.rev ?? 0, second!.rev ?? 0)).toBe(Math.max(...revs));
    nodes.forEach((node) => node.close());
  }, 60_000);

  test('when two notification processes share the queue and every event comes twice, then each notification is pushed once, and the counts add up', async () => {
    const owner = await register(environment(), 'Owner');
    const device = await deviceOn(environment(), owner, 'realtime-1');
    await device.request('subscribe_notifications');
    const processed = async () => {
      const texts = await Promise.all(internalUrls('notification').map(async (url) => (await fetch(`${url}/metrics`)).text()));
      const value = (text: string, name: string) =>
        Number(new RegExp(`^linsta_bus_${name}\\{queue="notification.inbox"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
      return texts.map((text) => ({
        processed: value(text, 'processed_total'),
        parked: value(text, 'parked'),
        waiting: value(text, 'waiting'),
        silent: value(text, 'consumer_silent_seconds'),
      }));
    };
    const before = await processed();
    const connection = await connect(environment().broker.url);
    const channel = await connection.createConfirmChannel();
    const hex = (n: number) => n.toString(16).padStart(24, '0');
    for (let n = 0; n < 400; n += 1) {
      const data = { recipientId: owner._id, actorId: hex(n % 200), actorName: 'Fan', referenceId: hex(1) };
      const event = { specversion: '1.0', id: `twice:${owner._id}:${n % 200}`, source: 'test', type: 'LIKE', data };
      channel.publish(exchangeOf(PRODUCT_TOPOLOGY), 'LIKE', Buffer.from(JSON.stringify(event)), { persistent: true });
    }
    await channel.waitForConfirms();
    await connection.close();
    const sum = async () => {
      const now = await processed();
      return now.map((one, at) => one.processed - before[at]!.processed);
    };
    await waitFor(async () => (await sum()).reduce((a, b) => a + b, 0) === 400, 'all being processed', 30_000);
    expect((await sum()).every((share) => share > 0)).toBe(true);
    await waitFor(() => device.received('notification').length >= 200, 'every notification', 30_000);
    const { unread } = await createApi(environment().stack.url).call<{ unread: number }>('GET', '/api/notifications/unread-count', {
      token: owner.token,
    });
    expect(unread).toBe(200);
    expect(new Set(device.received('notification').map(({ _id }) => _id)).size).toBe(200);
    expect(device.received('notification')).toHaveLength(200);
    for (const gauges of await processed()) expect(gauges).toMatchObject({ parked: 0, silent: expect.any(Number) });
    device.socket.disconnect();
  }, 90_000);
}
