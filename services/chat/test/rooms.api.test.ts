import { createHash } from 'node:crypto';
import { createChatService, loadConfig } from '@linsta/chat';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { Types } from 'mongoose';

const id = () => new Types.ObjectId().toHexString();
const unkeyedId = (...pair: string[]) =>
  createHash('sha256')
    .update(`linsta room ${pair.sort().join(':')}`)
    .digest()
    .subarray(0, 12)
    .toString('hex');

let clock = Date.now();
let chat: ServiceFixture;
const start = async (env: NodeJS.ProcessEnv) => {
  chat = await createServiceFixture({ name: 'chat', create: createChatService, loadConfig, env, now: () => new Date(clock) });
  chat.upstreams.users
    .persist()
    .post('/internal/people')
    .reply(200, (_path, body: any) => ({
      users: body.userIds.map((_id: string) => ({ _id, name: 'Ann', email: 'ann@example.com', avatarUrl: null })),
    }));
  chat.upstreams.realtime.persist().post('/internal/broadcasts').reply(200, {});
};
afterEach(() => chat.stop());

const open = (userId: string, otherUserId: string) => chat.call('POST', '/api/chat/rooms', userId, { otherUserId });

describe('the id of a room', () => {
  test('when a room is new, then strangers cannot compute its id: it is keyed', async () => {
    await start({});
    const [ann, ben, eve] = [id(), id(), id()];
    const { chatRoomId } = (await open(ann, ben)).body;
    expect(chatRoomId).not.toBe(unkeyedId(ann, ben));
    expect((await chat.call('GET', `/api/chat/messages/${unkeyedId(ann, ben)}`, eve)).status).toBe(404);
    expect(await chat.call('GET', `/api/chat/messages/${chatRoomId}`, eve)).toMatchObject({ status: 403 });
  });
  test('when both users open it at once, many times, then it is one room', async () => {
    await start({});
    const [ann, ben] = [id(), id()];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? open(ann, ben) : open(ben, ann))));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.chatRoomId)).size).toBe(1);
    expect(await chat.database.collection('rooms').countDocuments({})).toBe(1);
  });
  test.each([
    ['of version 0.2', unkeyedId],
    ['of an earlier key', () => 'c'.repeat(24)],
  ])('when the pair has a room with an id %s, then it stays the room of the pair', async (_kind, idOf) => {
    await start({});
    const [ann, ben] = [id(), id()];
    const at = new Date(clock);
    await chat.database.collection('rooms').insertOne({
      _id: new Types.ObjectId(idOf(ann, ben)),
      participants: [new Types.ObjectId(ann), new Types.ObjectId(ben)],
      createdAt: at,
      updatedAt: at,
      lastSeq: 0,
      reads: {},
    });
    const answers = await Promise.all([open(ann, ben), open(ben, ann)]);
    expect(answers.map(({ body }) => body.chatRoomId)).toEqual([idOf(ann, ben), idOf(ann, ben)]);
    expect((await open(ann, id())).body.chatRoomId).not.toBe(idOf(ann, ben));
  });
  test('when the installation has another key, then the same pair would have another id', async () => {
    const [ann, ben] = [id(), id()];
    const idUnder = async (secret: string) => {
      await start({ ROOM_ID_SECRET: secret.repeat(32) });
      const { chatRoomId } = (await open(ann, ben)).body;
      await chat.stop();
      return chatRoomId as string;
    };
    const [one, again, other] = [await idUnder('a'), await idUnder('a'), await idUnder('b')];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    await start({});
  });
});

test('when a user opens more rooms than permitted in an hour, then further new ones are refused, existing ones are not', async () => {
  await start({ NEW_ROOMS_PER_HOUR: '5' });
  const [ann, ben] = [id(), id()];
  const others = Array.from({ length: 20 }, id);
  const answers = await Promise.all(others.map((other) => open(ann, other)));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(5).fill(200), ...Array(15).fill(429)]);
  const refused = answers.find(({ status }) => status === 429)!;
  expect(refused.body).toMatchObject({ code: 'RATE_LIMITED' });
  const known = others[answers.findIndex(({ status }) => status === 200)]!;
  expect((await open(ann, known)).status).toBe(200);
  expect((await open(ben, ann)).status).toBe(200);
  clock += (Number(refused.headers.get('retry-after')) + 1) * 1000;
  expect((await open(ann, id())).status).toBe(200);
});

test.each([
  ['by default', {}, 'ann@example.com'],
  ['with SHOW_EMAIL=false', { SHOW_EMAIL: 'false' }, null],
])('when participants read a room %s, then the address is %j', async (_kind, env, email) => {
  await start(env);
  const [ann, ben] = [id(), id()];
  const { chatRoomId } = (await open(ann, ben)).body;
  await chat.call('POST', `/api/chat/messages/${chatRoomId}`, ann, { text: 'hello' });
  const [room] = (await chat.call('GET', '/api/chat/rooms', ben)).body;
  expect(room.participants).toMatchObject([{ email }, { email }]);
  expect((await chat.call('GET', `/api/chat/messages/${chatRoomId}`, ben)).body).toMatchObject([{ senderId: { _id: ann, email } }]);
});
