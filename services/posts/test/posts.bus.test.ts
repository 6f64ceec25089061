import { createPostsService, loadConfig } from '@linsta/posts';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { Types } from 'mongoose';

const [ann, ben, eve] = ['a', 'b', 'e'].map((letter) => letter.repeat(24)) as [string, string, string];
let posts: ServiceFixture;
beforeAll(async () => {
  posts = await createServiceFixture({ name: 'posts', create: createPostsService, loadConfig });
  posts.upstreams.users.persist().post('/internal/people').reply(200, { users: [] });
  await posts.publishEvent('USER_CHANGED', 'ann', { userId: ann, name: 'Ann', email: 'ann@example.com' });
  await posts.publishEvent('USER_CHANGED', 'ben', { userId: ben, name: 'Ben', email: 'ben@example.com' });
});
afterAll(() => posts.stop());

const write = async (userId: string, text = 'a post') => (await posts.call('POST', '/api/posts', userId, { text })).body;
const published = (referenceId: string) => posts.published.filter(({ data }) => (data as any).referenceId === referenceId);
const like = (postId: string, userId: string) => posts.call('POST', `/api/posts/${postId}/like`, userId);
const unlike = (postId: string, userId: string) => posts.call('DELETE', `/api/posts/${postId}/like`, userId);
/** Resolves when every stored event is published. */
const outboxEmpty = () =>
  waitFor(async () => {
    const pending = ['likes', 'comments'].map((name) => posts.database.collection(name).countDocuments({ outboxAt: { $exists: true } }));
    return (await Promise.all(pending)).every((count) => count === 0);
  }, 'an empty outbox');

test('when posts are created, then pages show them with the name of the author, newest first', async () => {
  const written = [await write(ann, 'one'), await write(ben, 'two'), await write(ann, 'three')];
  expect(written[0]).toMatchObject({ authorId: ann, author: { _id: ann, name: 'Ann' }, likes: 0, likedByMe: false, comments: 0 });
  const first = (await posts.call('GET', '/api/posts?limit=2', eve)).body;
  expect(first.map(({ text }: any) => text)).toEqual(['three', 'two']);
  const second = (await posts.call('GET', `/api/posts?limit=2&before=${first[1]._id}`, eve)).body;
  expect(second.map(({ text }: any) => text)).toEqual(['one']);
});

test('when a post is liked or unliked repeatedly, then it counts once and one event is published', async () => {
  const { _id } = await write(ann);
  expect((await Promise.all([like(_id, ben), like(_id, ben), like(_id, ben)])).map(({ body }) => body)).toEqual([
    { liked: true, likes: 1 },
    { liked: true, likes: 1 },
    { liked: true, likes: 1 },
  ]);
  expect((await posts.call('GET', `/api/posts/${_id}`, ben)).body).toMatchObject({ likes: 1, likedByMe: true });
  expect([(await unlike(_id, ben)).body, (await unlike(_id, ben)).body]).toEqual([
    { liked: false, likes: 0 },
    { liked: false, likes: 0 },
  ]);
  await waitFor(() => published(_id).length >= 2);
  await outboxEmpty();
  expect(published(_id)).toMatchObject([
    { type: 'LIKE', data: { recipientId: ann, actorId: ben, actorName: 'Ben', referenceId: _id } },
    { type: 'UNLIKE', data: { recipientId: ann, actorId: ben } },
  ]);
  // A further like is another event with another id and a later time than the withdrawal.
  await like(_id, ben);
  await waitFor(() => published(_id).length === 3);
  expect(new Set(published(_id).map(({ id }) => id)).size).toBe(3);
  expect(published(_id).map(({ time }) => time)).toEqual([...published(_id).map(({ time }) => time)].sort());
});

test('when the author likes or comments, then it counts and no event is published', async () => {
  const { _id } = await write(ann);
  expect((await like(_id, ann)).body).toEqual({ liked: true, likes: 1 });
  expect((await posts.call('POST', `/api/posts/${_id}/comments`, ann, { text: 'me' })).status).toBe(201);
  await outboxEmpty();
  expect(published(_id)).toEqual([]);
});

test('when a user comments, then one event with an excerpt is published', async () => {
  const { _id } = await write(ann);
  const text = `😀${'x'.repeat(300)}`;
  const { status, body } = await posts.call('POST', `/api/posts/${_id}/comments`, ben, { text });
  expect(status).toBe(201);
  expect(body).toMatchObject({ postId: _id, text, author: { name: 'Ben' } });
  await waitFor(() => published(_id).length > 0);
  expect(published(_id)).toMatchObject([{ type: 'COMMENT', data: { recipientId: ann, actorId: ben, excerpt: `😀${'x'.repeat(139)}` } }]);
  expect((await posts.call('GET', `/api/posts/${_id}/comments`, eve)).body).toMatchObject([{ _id: body._id }]);
});

test('when the name of the actor is unknown and the users service is down, then the event has no name', async () => {
  const { _id } = await write(ann);
  posts.upstreamsAway();
  expect((await like(_id, eve)).body).toEqual({ liked: true, likes: 1 });
  await waitFor(() => published(_id).length > 0);
  expect((published(_id)[0] as any).data).toEqual({ recipientId: ann, actorId: eve, referenceId: _id });
});

test.each([
  ['an unknown post', 'POST', `/api/posts/${'f'.repeat(24)}/like`, undefined, 404],
  ['a malformed id', 'POST', '/api/posts/nonsense/like', undefined, 400],
  ['an empty text', 'POST', '/api/posts', { text: '  ' }, 400],
  ['a comment too long', 'POST', `/api/posts/${'f'.repeat(24)}/comments`, { text: 'x'.repeat(1_001) }, 400],
  ['an unknown field', 'POST', '/api/posts', { text: 'x', authorId: ben }, 400],
  ['a malformed limit', 'GET', '/api/posts?limit=-1', undefined, 400],
])('when a call has %s, then it is refused', async (_kind, method, path, body, status) => {
  expect((await posts.call(method, path, ann, body)).status).toBe(status);
});

test('when the process ended before publishing, then the next start publishes the pending event, and no other one again', async () => {
  const { _id } = await write(ann);
  await like(_id, ben);
  await waitFor(() => published(_id).length === 1);
  const likes = posts.database.collection('likes');
  await waitFor(async () => (await likes.countDocuments({ outboxAt: { $exists: true } })) === 0);
  await likes.insertOne({
    postId: new Types.ObjectId(_id),
    userId: new Types.ObjectId(eve),
    active: true,
    version: 1,
    changedAt: new Date(),
    outbox: [{ ...published(_id)[0], id: `like:${_id}:${eve}:1`, data: { recipientId: ann, actorId: eve, referenceId: _id } }],
    outboxAt: new Date(0),
  });
  await posts.restart();
  await waitFor(() => published(_id).length === 2);
  await outboxEmpty();
  expect(published(_id).map(({ id }) => id)).toEqual([`like:${_id}:${ben}:1`, `like:${_id}:${eve}:1`]);
});
