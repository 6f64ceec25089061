import { createHash } from 'node:crypto';
import { historyMessage, type HistoryPage, type ResumePoint } from '@linsta/contracts';
import {
  chatResumeAnswer,
  changeBatchAnswer,
  markBatchAnswer,
  markReadAnswer,
  MAX_BATCH,
  membershipAnswer,
  participantsAnswer,
  sendBatchAnswer,
  unreadAnswer,
  type BatchedChange,
  type BatchedMark,
  type BatchedSend,
  type ChangeOutcome,
  type MarkOutcome,
  type SendOutcome,
} from '@linsta/contracts/internal';
import { fromUpstream } from '@linsta/core';
import { createBatchQueue, createInternalClient, type ServiceTokens } from '@linsta/http';
import { z } from 'zod';

const historyAnswer = z.object({ chatRoomId: z.string(), messages: z.array(historyMessage) });
const MAX_WAITING = 10_000;
/** After this deadline the outcome of a send is unknown to the caller. */
const SEND_DEADLINE_MS = 4_800;

/**
 * Highest hash wins: a room always goes to the same node, and when a node goes only its own rooms
 * move.
 */
export function rendezvous<T extends { name: string }>(nodes: T[], key: string): T {
  let best: { node: T; score: string } | undefined;
  for (const node of nodes) {
    const score = createHash('md5').update(`${node.name} ${key}`).digest('hex');
    if (best === undefined || score > best.score) best = { node, score };
  }
  if (best === undefined) throw new Error('no nodes');
  return best.node;
}

/**
 * The chat service: sends in natural batches, one under way per node; a room's sends always travel
 * over one link, so they keep their order.
 */
export function createChatClient(options: { urls: string[]; tokens: ServiceTokens }) {
  const nodes = options.urls.map((baseUrl) => {
    const client = createInternalClient({ service: 'chat', baseUrl, tokens: options.tokens });
    const link = createBatchQueue<BatchedSend, SendOutcome>({
      maxBatch: MAX_BATCH,
      maxWaiting: MAX_WAITING,
      deadlineMs: SEND_DEADLINE_MS,
      send: async (messages) => (await client.post('/messages', { messages }, sendBatchAnswer)).results,
    });
    const limits = { maxBatch: MAX_BATCH, maxWaiting: MAX_WAITING, deadlineMs: SEND_DEADLINE_MS };
    const changes = createBatchQueue<BatchedChange, ChangeOutcome>({
      ...limits,
      send: async (batch) => (await client.post('/changes', { changes: batch }, changeBatchAnswer)).results,
    });
    const marks = createBatchQueue<BatchedMark, MarkOutcome>({
      ...limits,
      send: async (batch) => (await client.post('/marks-delivered', { marks: batch }, markBatchAnswer)).results,
    });
    return { name: baseUrl, client, link, changes, marks };
  });
  const chosen = new Map<string, (typeof nodes)[number]>();
  const nodeOf = (key: string) => {
    const [only] = nodes;
    if (nodes.length === 1 && only !== undefined) return only;
    let node = chosen.get(key);
    if (node === undefined) {
      if (chosen.size > 100_000) chosen.clear();
      chosen.set(key, (node = rendezvous(nodes, key)));
    }
    return node;
  };

  return {
    /** Throws the refusal of this one message. */
    async send(message: BatchedSend): Promise<Extract<SendOutcome, { ok: true }>> {
      const outcome = await nodeOf(message.chatRoomId).link.push(message);
      if (!outcome.ok) throw fromUpstream(outcome.error.code, outcome.error.message);
      return outcome;
    },
    /** Throws the refusal of this one change. */
    async change(change: BatchedChange): Promise<Extract<ChangeOutcome, { ok: true }>> {
      const outcome = await nodeOf(change.chatRoomId).changes.push(change);
      if (!outcome.ok) throw fromUpstream(outcome.error.code, outcome.error.message);
      return outcome;
    },
    /** Throws the refusal of this one mark. */
    async markDelivered(mark: BatchedMark): Promise<Extract<MarkOutcome, { ok: true }>> {
      const outcome = await nodeOf(mark.chatRoomId).marks.push(mark);
      if (!outcome.ok) throw fromUpstream(outcome.error.code, outcome.error.message);
      return outcome;
    },
    membership: (chatRoomId: string, userId: string) =>
      nodeOf(chatRoomId).client.post('/membership', { chatRoomId, userId }, membershipAnswer),
    participants: async (chatRoomId: string, userId: string) =>
      (await nodeOf(chatRoomId).client.post('/participants', { chatRoomId, userId }, participantsAnswer)).participants,
    history: (chatRoomId: string, userId: string, page: HistoryPage) =>
      nodeOf(chatRoomId).client.post('/history', { chatRoomId, userId, page }, historyAnswer),
    markRead: (chatRoomId: string, userId: string, seq: number) =>
      nodeOf(chatRoomId).client.post('/read', { chatRoomId, userId, seq }, markReadAnswer),
    resume: (userId: string, rooms: ResumePoint[]) => nodeOf(userId).client.post('/resume', { userId, rooms }, chatResumeAnswer),
    unread: async (userId: string) => (await nodeOf(userId).client.post('/unread', { userId }, unreadAnswer)).unread,
    close: () => nodes.forEach(({ client }) => client.close()),
  };
}
export type ChatClient = ReturnType<typeof createChatClient>;
