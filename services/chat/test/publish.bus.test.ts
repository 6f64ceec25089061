import { createChatService, loadConfig } from '@linsta/chat';
import { createServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { Types } from 'mongoose';

const [ann, ben] = ['a'.repeat(24), 'b'.repeat(24)];
const known = [ann, ben].map((_id) => ({ _id, name: 'Someone', email: null, avatarUrl: null }));

describe('publishing MESSAGE_SENT', () => {
  test('when it is on, then each message is published once, also those of a process that ended before', async () => {
    const publishing = await createServiceFixture({
      name: 'chat',
      create: createChatService,
      loadConfig,
      env: { PUBLISH_MESSAGE_SENT: 'true' },
    });
    try {
      publishing.upstreams.users.persist().post('/internal/people').reply(200, { users: known });
      publishing.upstreams.realtime.persist().post('/internal/broadcasts').reply(200, {});
      const { body } = await publishing.call('POST', '/api/chat/rooms', ann, { otherUserId: ben });
      const room = body.chatRoomId as string;
      const messages = publishing.database.collection('messages');
      const unmarked = () => waitFor(async () => (await messages.countDocuments({ outboxAt: { $exists: true } })) === 0);
      const published = () => publishing.published.filter(({ type }) => type === 'MESSAGE_SENT').map(({ data }) => data);

      const sends = [0, 1, 2].map((n) => ({ chatRoomId: room, senderId: ann, text: `${n}`, clientMessageId: `${n}` }));
      await publishing.callInternal('/messages', { messages: [...sends, sends[0]] });
      await unmarked();
      const event = (seq: number, text: string) => ({ chatRoomId: room, seq, senderId: ann, recipientIds: [ben], excerpt: text });
      expect(published()).toMatchObject([event(1, '0'), event(2, '1'), event(3, '2')]);

      const left = { chatRoomId: new Types.ObjectId(room), senderId: new Types.ObjectId(ann), createdAt: new Date(0) };
      await messages.insertOne({ ...left, seq: 4, text: 'left', outboxAt: new Date(0) });
      await publishing.restart();
      await unmarked();
      expect(published()).toMatchObject([event(1, '0'), event(2, '1'), event(3, '2'), event(4, 'left')]);
    } finally {
      await publishing.stop();
    }
  });
});
