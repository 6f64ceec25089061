import { createEventsService, loadConfig } from '@linsta/events';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';

const [ann, ben, eve] = ['a', 'b', 'e'].map((letter) => letter.repeat(24)) as [string, string, string];
let events: ServiceFixture;
beforeAll(async () => {
  events = await createServiceFixture({ name: 'events', create: createEventsService, loadConfig });
  events.upstreams.users.persist().post('/internal/people').reply(200, { users: [] });
  await events.publishEvent('USER_CHANGED', 'ben', { userId: ben, name: 'Ben', email: null });
});
afterAll(() => events.stop());

const createEvent = async (userId = ann) =>
  (await events.call('POST', '/api/events', userId, { title: 'Picnic', startsAt: '2026-06-01T18:00:00+02:00' })).body;
const rsvp = (id: string, userId: string, status: unknown) => events.call('POST', `/api/events/${id}/rsvp`, userId, { status });
const published = (referenceId: string) => events.published.filter(({ data }) => (data as any).referenceId === referenceId);
/** Resolves when every stored event is published. */
const outboxEmpty = () =>
  waitFor(async () => (await events.database.collection('rsvps').countDocuments({ outboxAt: { $exists: true } })) === 0, 'an empty outbox');

test('when an event is created, then times are in UTC, absent fields null, and every user can read it', async () => {
  const gathering = await createEvent();
  expect(gathering).toMatchObject({ hostId: ann, startsAt: '2026-06-01T16:00:00.000Z', location: null, description: null, myRsvp: null });
  expect((await events.call('GET', `/api/events/${gathering._id}`, eve)).body).toMatchObject({ title: 'Picnic' });
});

test('when a user answers, repeats and changes the answer, then the counts are right and each change is published once', async () => {
  const { _id } = await createEvent();
  await Promise.all([rsvp(_id, ben, 'going'), rsvp(_id, ben, 'going'), rsvp(_id, ben, 'going')]);
  expect((await rsvp(_id, ben, 'maybe')).body).toMatchObject({ status: 'maybe', counts: { going: 0, maybe: 1, declined: 0 } });
  expect((await rsvp(_id, eve, 'going')).body.counts).toEqual({ going: 1, maybe: 1, declined: 0 });
  await waitFor(() => published(_id).length >= 3);
  await outboxEmpty();
  expect(published(_id)).toMatchObject([
    { type: 'EVENT_RSVP', data: { recipientId: ann, actorId: ben, actorName: 'Ben', status: 'going' } },
    { type: 'EVENT_RSVP', data: { actorId: ben, status: 'maybe' } },
    { type: 'EVENT_RSVP', data: { actorId: eve, status: 'going' } },
  ]);
  expect(new Set(published(_id).map(({ id }) => id)).size).toBe(3);
  expect((await events.call('GET', `/api/events/${_id}/rsvps`, ann)).body).toEqual([
    { user: { _id: eve, name: 'User' }, status: 'going' },
    { user: { _id: ben, name: 'Ben' }, status: 'maybe' },
  ]);
});

test('when the host answers, then it counts and no event is published', async () => {
  const { _id } = await createEvent();
  expect((await rsvp(_id, ann, 'going')).body.counts.going).toBe(1);
  await outboxEmpty();
  expect(published(_id)).toEqual([]);
});

test.each([
  ['an unknown status', 'perhaps', 400],
  ['no status', undefined, 400],
  ['an operator', { $ne: 1 }, 400],
])('when the answer is %s, then it is refused', async (_kind, status, expected) => {
  const { _id } = await createEvent();
  expect((await rsvp(_id, ben, status)).status).toBe(expected);
});
test('when the event is unknown or its time is malformed, then the call is refused', async () => {
  expect(await rsvp('f'.repeat(24), ben, 'going')).toMatchObject({ status: 404, body: { detail: 'Event not found' } });
  expect((await events.call('POST', '/api/events', ann, { title: 'x', startsAt: 'tomorrow' })).status).toBe(400);
  expect((await events.call('POST', '/api/events', ann, { title: 'x', startsAt: '2026-06-01T18:00:00' })).status).toBe(400);
});
