import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAsyncApi } from '../src/contract/asyncapi';
import { CONTRACT_VERSION } from '../src/contract/contract';
import { createOpenApi } from '../src/contract/openapi';
import { breakingEventChanges, breakingRestChanges, saysBroken } from './breaking-changes';

/** The contract as it was last released: `npm run contract` writes it. */
const released = (name: string): any => JSON.parse(readFileSync(join(__dirname, '..', '..', 'docs', 'contract', name), 'utf8'));
const copy = (): any => JSON.parse(JSON.stringify(createOpenApi('0.1.0')));

test('when the contract is compared with the released one, then nothing broke, or the version says so', () => {
  const [rest, events] = [released('openapi.json'), released('asyncapi.json')];
  const broken = [
    ...breakingRestChanges(rest, createOpenApi(CONTRACT_VERSION)),
    ...breakingEventChanges(events, createAsyncApi(CONTRACT_VERSION)),
  ];
  expect(saysBroken(rest.info.version, CONTRACT_VERSION) ? [] : broken).toEqual([]);
});

test.each<[string, (document: any) => void, string]>([
  ['a call is taken away', (d) => delete d.paths['/api/posts'].get, 'GET /api/posts is gone'],
  ['a field of an answer is taken away', (d) => delete d.components.schemas.Post.properties.likes, 'POST /api/posts 201.likes is gone'],
  ['a field of an answer may be missing', (d) => d.components.schemas.Post.required.shift(), 'POST /api/posts 201._id may now be missing'],
  [
    'a field of an answer may be null',
    (d) => (d.components.schemas.Post.properties.text.type = ['string', 'null']),
    'POST /api/posts 201.text: may now be null',
  ],
  [
    'a field of a body becomes required',
    (d) => d.paths['/api/events'].post.requestBody.content['application/json'].schema.required.push('location'),
    'POST /api/events body.location is now required',
  ],
  [
    'a limit gets tighter',
    (d) => (d.paths['/api/posts'].post.requestBody.content['application/json'].schema.properties.text.maxLength = 10),
    'POST /api/posts body.text: maxLength was 4000, is 10',
  ],
  [
    'a choice is taken away',
    (d) => d.paths['/api/events/{id}/rsvp'].post.requestBody.content['application/json'].schema.properties.status.enum.pop(),
    'POST /api/events/{id}/rsvp body.status: no longer takes declined',
  ],
  ['an open call needs a token', (d) => delete d.paths['/api/auth/login'].post.security, 'POST /api/auth/login now needs a token'],
])('when %s, then it is reported', (_what, breakIt, expected) => {
  const broken = copy();
  breakIt(broken);
  expect(breakingRestChanges(copy(), broken)).toContain(expected);
});

test('when something is only added, then nothing broke', () => {
  const grown = copy();
  grown.paths['/api/more'] = { get: { responses: { 200: { description: 'more' } } } };
  grown.components.schemas.Post.properties.more = { type: 'string' };
  grown.paths['/api/posts'].post.requestBody.content['application/json'].schema.properties.mood = { type: 'string' };
  expect(breakingRestChanges(copy(), grown)).toEqual([]);
});

test('when a socket event is taken away or its acknowledgement loses a field, then it is reported', () => {
  const before = createAsyncApi('0.1.0') as any;
  const after = JSON.parse(JSON.stringify(before));
  delete after.operations.mark_read;
  delete after.channels.socket.messages.join_room_ack.payload.anyOf[0].properties.lastSeq;
  expect(breakingEventChanges(before, after)).toEqual(
    expect.arrayContaining(['mark_read is gone', 'join_room acknowledgement|0.lastSeq is gone']),
  );
});

test.each([
  ['0.1.0', '0.1.9', false],
  ['0.1.0', '0.2.0', true],
  ['1.1.0', '1.2.0', false],
  ['1.9.0', '2.0.0', true],
])('when %s becomes %s, then broken is %s', (before, after, expected) => {
  expect(saysBroken(before, after)).toBe(expected);
});
