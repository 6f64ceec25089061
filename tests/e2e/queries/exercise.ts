import { waitFor } from '@linsta/testing';
import type { Person, Product } from '../../support/product';

/**
 * Runs every operation of the product, so that its services send each of their queries at least
 * once.
 */
export async function exerciseAllQueries(product: Product) {
  const [ann, ben, eve] = (await Promise.all(['Ann Arbor', 'Ben', 'Eve'].map((name) => product.register(name)))) as [
    Person,
    Person,
    Person,
  ];
  const get = async (path: string, who = ann) => (await product.call('GET', path, who.token)).body;
  const post = async (path: string, body?: unknown, who = ben) => (await product.call('POST', path, who.token, body)).body;
  await accounts(product, ann);

  const online = product.device(ann.token);
  await online.request('subscribe_notifications');
  const written = await post('/api/posts', { text: 'A day at the sea' }, ann);
  await post('/api/posts', { text: 'Another' }, ann);
  for (const who of [ben, eve]) {
    await post(`/api/posts/${written._id}/like`, undefined, who);
    await post(`/api/posts/${written._id}/comments`, { text: 'Lovely' }, who);
  }
  await product.call('DELETE', `/api/posts/${written._id}/like`, eve.token);
  await post(`/api/posts/${written._id}/like`, undefined, eve);
  const posts = await get('/api/posts?limit=10');
  await get(`/api/posts?limit=10&before=${posts[0]._id}`);
  await get(`/api/posts/${written._id}`);
  await get(`/api/posts/${written._id}/likes?limit=1&before=${ben._id}`);
  await get(`/api/posts/${written._id}/likes`);
  const comments = await get(`/api/posts/${written._id}/comments`);
  await get(`/api/posts/${written._id}/comments?before=${comments[0]._id}`);

  const gathering = await post('/api/events', { title: 'Dinner', startsAt: new Date(Date.now() + 86_400_000).toISOString() }, ann);
  for (const status of ['going', 'maybe']) await post(`/api/events/${gathering._id}/rsvp`, { status });
  const gatherings = await get('/api/events');
  await get(`/api/events?before=${gatherings[0]._id}`);
  await get(`/api/events/${gathering._id}`);
  await get(`/api/events/${gathering._id}/rsvps`);
  await get(`/api/events/${gathering._id}/rsvps?before=${ben._id}`);

  await notifications(product, ann, online);
  await awayAndBack(product, ann, ben, written._id);
  const chatRoomId = await chat(product, ann, ben, eve);
  await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: 'f'.repeat(24) });
  return { ann, ben, chatRoomId };
}

/** What a product asks that remembers nothing yet. */
export async function exerciseAfterRestart(product: Product, { ann, chatRoomId }: { ann: Person; chatRoomId: string }): Promise<void> {
  await product.call('POST', `/api/chat/messages/${chatRoomId}`, ann.token, { text: 'four' });
  await product.call('GET', `/api/chat/messages/${chatRoomId}`, ann.token);
  await product.call('GET', '/api/presence?userIds=' + ann._id, ann.token);
}

async function accounts(product: Product, ann: Person) {
  const sign = (path: string, body: unknown) => product.call('POST', `/api/auth/${path}`, undefined, body);
  await sign('register', { name: 'Ann', email: ann.email, password: 'correct horse' });
  await sign('login', { email: ann.email, password: 'wrong' });
  const { token, refreshToken } = (await sign('login', { email: ann.email, password: 'correct horse' })).body;
  const rotated = (await sign('refresh', { refreshToken })).body;
  await sign('refresh', { refreshToken });
  await sessions(product);
  await product.call('POST', '/api/auth/logout', token, { refreshToken: rotated.refreshToken });
  await product.call('PATCH', '/api/users/me', ann.token, { name: 'Ann Arbor II' });
  for (const path of ['/api/users/me', `/api/users/${ann._id}`, '/api/users?search=ann']) await product.call('GET', path, ann.token);
}

async function sessions(product: Product) {
  const leaver = await product.register('Leaver');
  const login = async () =>
    (await product.call('POST', '/api/auth/login', undefined, { email: leaver.email, password: 'correct horse' })).body;
  const other = await login();
  await product.call('GET', '/api/auth/sessions', leaver.token);
  await product.call('DELETE', `/api/auth/sessions/${other.refreshToken.split('.')[0]}`, leaver.token);
  await login();
  await product.call('POST', '/api/auth/logout-all', leaver.token);
  const passwords = { currentPassword: 'correct horse', newPassword: 'another horse' };
  await product.call('POST', '/api/auth/password', leaver.token, passwords);
}

async function notifications(product: Product, ann: Person, online: ReturnType<Product['device']>) {
  const get = async (path: string) => (await product.call('GET', path, ann.token)).body;
  // Two likes, two comments and one RSVP, whose change is part of the same notification.
  const all = await waitFor(async () => {
    const found = await get('/api/notifications');
    return found.length === 5 && found[0].version === 2 && found;
  }, 'the notifications');
  await waitFor(() => online.received.notification);
  online.socket.disconnect();
  await get(`/api/notifications?before=${all[0]._id}`);
  await get('/api/notifications?unread=true');
  await get(`/api/notifications?unread=true&before=${all[0]._id}`);
  await get('/api/notifications/unread-count');
  await get('/api/unread');
  await product.call('PATCH', `/api/notifications/${all[0]._id}/read`, ann.token);
  await product.call('POST', '/api/notifications/read-all', ann.token, { upTo: all[1]._id });
  await product.call('POST', '/api/notifications/read-all', ann.token);
  const device = product.device(ann.token);
  await device.request('resume', { rooms: [], notificationsAfter: all.at(-1)._id });
  device.socket.disconnect();
}

/** What waited for its reader goes out when he subscribes. */
async function awayAndBack(product: Product, ann: Person, ben: Person, postId: string) {
  await product.call('POST', `/api/posts/${postId}/comments`, ben.token, { text: 'Are you there?' });
  await waitFor(async () => (await product.call('GET', '/api/notifications/unread-count', ann.token)).body.unread > 0, 'the waiting row');
  const device = product.device(ann.token);
  await device.request('subscribe_notifications');
  await waitFor(() => device.received.notification, 'the waiting row to be delivered');
  device.socket.disconnect();
}

async function chat(product: Product, ann: Person, ben: Person, eve: Person) {
  const { chatRoomId } = (await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id })).body;
  await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id });
  await product.call('POST', '/api/chat/rooms', eve.token, { otherUserId: ann._id });
  const device = product.device(ann.token);
  await Promise.all(['one', 'two', 'three'].map((text) => device.request('send_message', { chatRoomId, text, clientMessageId: text })));
  await device.request('send_message', { chatRoomId, text: 'one', clientMessageId: 'one' });
  await device.request('join_room', { chatRoomId });
  await device.request('mark_read', { chatRoomId, seq: 2 });
  await device.request('mark_delivered', { rooms: [{ chatRoomId, seq: 3 }] });
  await device.request('typing', { chatRoomId, typing: true });
  await device.request('send_message', { chatRoomId, text: 'to one', replyTo: 1 });
  await device.request('react', { chatRoomId, seq: 1, emoji: '👍', on: true });
  await device.request('edit_message', { chatRoomId, seq: 2, text: 'second' });
  await device.request('send_message', { chatRoomId, text: 'two', clientMessageId: 'two' });
  await changes(product, ben, chatRoomId);
  await device.request('resume', { rooms: [{ chatRoomId, afterSeq: 4, afterRev: 0 }] });
  await device.request('resume', { rooms: [{ chatRoomId, afterSeq: 1 }] });
  for (const query of ['', '?limit=2', '?limit=2&skip=1', '?beforeSeq=3', '?afterSeq=1'])
    await product.call('GET', `/api/chat/messages/${chatRoomId}${query}`, ben.token);
  await product.call('POST', `/api/chat/messages/${chatRoomId}`, ben.token, { text: 'by mail' });
  await product.call('POST', `/api/chat/rooms/${chatRoomId}/read`, ben.token, { seq: 4 });
  await product.call('GET', '/api/chat/rooms', ann.token);
  await product.call('GET', '/api/chat/rooms?limit=1&skip=1', ann.token);
  await product.call('GET', '/api/unread', ben.token);
  device.socket.disconnect();
  return chatRoomId as string;
}

async function changes(product: Product, ben: Person, chatRoomId: string) {
  const message = `/api/chat/messages/${chatRoomId}/4`;
  await product.call('POST', `${message}/reactions`, ben.token, { emoji: '🎉', on: true });
  await product.call('PATCH', message, ben.token, { text: 'not mine' });
  await product.call('GET', `/api/chat/messages/${chatRoomId}/2/edits`, ben.token);
  await product.call('POST', '/api/chat/delivered', ben.token, { rooms: [{ chatRoomId, seq: 2 }] });
  await product.call('POST', `/api/chat/rooms/${chatRoomId}/typing`, ben.token, { typing: true });
}
