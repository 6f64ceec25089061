import type { AllInOne } from '@linsta/launcher';
import { MongoClient, ObjectId } from 'mongodb';
import { io, type Socket } from 'socket.io-client';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PASSWORD = 'correct horse';

export interface SamplePerson {
  _id: string;
  name: string;
  email: string;
  token: string;
}

const NAMES = [
  'Maya Lindqvist',
  'Jonas Weber',
  'Priya Raman',
  'Tomás Silva',
  'Aiko Tanaka',
  'Sam Okafor',
  'Lena Fischer',
  'Noah Brandt',
  'Ines Carvalho',
] as const;

/** The conversation with Jonas: minutes before now, sender, text. */
const WITH_JONAS: [agoMinutes: number, who: 'me' | 'other', text: string][] = [
  [2 * 1440 + 200, 'other', 'Hej Maya! Did you get the keys for the workshop?'],
  [2 * 1440 + 196, 'me', 'Yes, picked them up this morning. They stick a little in the lock, so bring patience 🙂'],
  [2 * 1440 + 195, 'me', 'The heating is on from Thursday.'],
  [2 * 1440 + 190, 'other', 'Perfect.'],
  [1440 + 420, 'other', 'I wrote down what we still need:\n– two trestles\n– the long extension cord\n– coffee, a lot of it'],
  [1440 + 410, 'me', 'I have trestles. Cord: ask Sam, he has one that reaches to the moon.'],
  [1440 + 409, 'me', 'Coffee is on me.'],
  [1440 + 395, 'other', '☕🎉'],
  [96, 'me', 'Here is the plan of the room, with the measures: https://workshop.example.org/plan/room-2'],
  [95, 'me', 'The window side is 4.20 m, so the bench fits with a hand’s width to spare.'],
  [74, 'other', 'Looks good! Could we turn the bench around, so that whoever works at it has the light from the left?'],
  [73, 'other', 'Otherwise I always stand in my own shadow 😅'],
  [31, 'me', 'Good point. Then the shelf goes to the door.'],
  [30, 'me', 'I’ll draw it again tonight.'],
  [4, 'other', 'No hurry. See you on Saturday!'],
];
const OTHERS: [name: (typeof NAMES)[number], agoMinutes: number, lines: [who: 'me' | 'other', text: string][]][] = [
  [
    'Aiko Tanaka',
    12,
    [
      ['me', 'Is the talk still at six?'],
      ['other', 'Yes, six sharp. Doors open at half past five.'],
      ['other', 'I keep you a seat in the second row'],
    ],
  ],
  ['Sam Okafor', 52, [['other', 'The extension cord is at my place, come by whenever you like.']]],
  ['Priya Raman', 1440 + 30, [['me', 'Thank you for yesterday, that was a lovely evening!']]],
  ['Tomás Silva', 3 * 1440, [['other', 'https://photos.example.org/lisbon']]],
  ['Lena Fischer', 9 * 1440, [['me', 'Happy birthday! 🎂']]],
];
const POSTS: [
  author: (typeof NAMES)[number],
  agoMinutes: number,
  text: string,
  likes: number,
  comments: [(typeof NAMES)[number], string][],
][] = [
  ['Noah Brandt', 5 * 1440, 'Moved in. The boxes are a problem for next week.', 4, []],
  [
    'Priya Raman',
    1440 + 100,
    'Three years ago we met in a kitchen with one working hob. Yesterday there were forty of us. Thank you all for coming, for the cake, and for doing the dishes.',
    7,
    [
      ['Maya Lindqvist', 'It was lovely. The hob was never the problem.'],
      ['Sam Okafor', 'Same time next year?'],
    ],
  ],
  [
    'Aiko Tanaka',
    180,
    'Slides of the talk on wooden joints are up: https://talks.example.org/joints\n\nQuestions welcome, here or tonight at six.',
    3,
    [['Jonas Weber', 'The one about the drawbored mortise is worth the whole talk.']],
  ],
  [
    'Maya Lindqvist',
    35,
    'The new workshop opens on Saturday. There is a bench, there is light from the left, there will be coffee. Come and see!',
    5,
    [
      ['Jonas Weber', 'I bring the trestles.'],
      ['Aiko Tanaka', 'And I bring people.'],
      ['Ines Carvalho', 'Can children come along?'],
    ],
  ],
];
const EVENTS: [
  host: (typeof NAMES)[number],
  inDays: number,
  title: string,
  location: string,
  description: string,
  answers: ('going' | 'maybe' | 'declined' | null)[],
][] = [
  [
    'Sam Okafor',
    24,
    'Winter swim',
    'The pier',
    'Cold, short, with soup afterwards.',
    ['maybe', 'declined', 'declined', null, 'going', null, 'maybe', null, null],
  ],
  [
    'Priya Raman',
    9,
    'Supper for whoever is around',
    'Kitchen, second floor',
    'Bring a dish or bring a friend.',
    ['going', 'going', null, 'maybe', 'going', null, 'going', null, 'going'],
  ],
  [
    'Maya Lindqvist',
    3,
    'The workshop opens',
    'Harbour Street 12, in the yard',
    'We open the doors at ten. There is a bench to try, tools to borrow, and coffee.',
    [null, 'going', 'going', 'maybe', 'going', 'going', 'declined', null, 'maybe'],
  ],
];

/** Invented users with posts, chats and events, for pictures of the app. */
export async function createSampleData(product: Pick<AllInOne, 'url' | 'storeUrl'>) {
  const call = async (method: string, path: string, token?: string, body?: unknown): Promise<any> => {
    const response = await fetch(product.url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  const people = new Map<string, SamplePerson>();
  for (const name of NAMES) {
    const email = `${name
      .split(' ')[0]!
      .normalize('NFD')
      .replace(/[^a-z]/gi, '')
      .toLowerCase()}@example.org`;
    const { token, user } = await call('POST', '/api/auth/register', undefined, { name, email, password: PASSWORD });
    people.set(name, { _id: user._id, name, email, token });
  }
  const person = (name: string) => people.get(name)!;
  const me = person('Maya Lindqvist');

  const times: { database: string; collection: string; id: string; at: number }[] = [];
  const rooms: Record<string, string> = {};
  const talk = async (name: string, lines: [agoMinutes: number, who: 'me' | 'other', text: string][]) => {
    const other = person(name);
    const { chatRoomId } = await call('POST', '/api/chat/rooms', me.token, { otherUserId: other._id });
    rooms[name] = chatRoomId;
    for (const [agoMinutes, who, text] of lines) {
      const { _id } = await call('POST', `/api/chat/messages/${chatRoomId}`, who === 'me' ? me.token : other.token, { text });
      times.push({ database: 'linsta_chat', collection: 'messages', id: _id, at: Date.now() - agoMinutes * MINUTE });
    }
    return { chatRoomId, count: lines.length };
  };
  for (const [name, agoMinutes, lines] of [...OTHERS].reverse())
    await talk(
      name,
      lines.map(([who, text], at) => [agoMinutes + (lines.length - at) * 2, who, text]),
    );
  const jonas = await talk('Jonas Weber', WITH_JONAS);
  await call('POST', `/api/chat/rooms/${jonas.chatRoomId}/read`, person('Jonas Weber').token, { seq: jonas.count });
  await call('POST', `/api/chat/rooms/${rooms['Tomás Silva']}/read`, me.token, { seq: 1 });

  const everybody = [...people.values()];
  const posts: string[] = [];
  for (const [author, agoMinutes, text, likes, comments] of POSTS) {
    const { _id } = await call('POST', '/api/posts', person(author).token, { text });
    posts.push(_id);
    times.push({ database: 'linsta_posts', collection: 'posts', id: _id, at: Date.now() - agoMinutes * MINUTE });
    for (const [name, words] of comments) await call('POST', `/api/posts/${_id}/comments`, person(name).token, { text: words });
    const fans = everybody
      .filter(({ name }) => name !== author)
      .reverse()
      .slice(0, likes);
    for (const { token } of fans) await call('POST', `/api/posts/${_id}/like`, token);
  }
  const events: string[] = [];
  for (const [host, inDays, title, location, description, answers] of EVENTS) {
    const startsAt = new Date(Date.now() + inDays * DAY);
    startsAt.setHours(10 + inDays, 0, 0, 0);
    const { _id } = await call('POST', '/api/events', person(host).token, {
      title,
      location,
      description,
      startsAt: startsAt.toISOString(),
    });
    events.push(_id);
    for (const [at, status] of answers.entries())
      if (status !== null) await call('POST', `/api/events/${_id}/rsvp`, everybody[at]!.token, { status });
  }

  // The server sets all times: documents that should look old are dated back in the store.
  const store = await MongoClient.connect(product.storeUrl);
  for (const { database, collection, id, at } of times) {
    const createdAt = new Date(at);
    await store
      .db(database)
      .collection(collection)
      .updateOne({ _id: new ObjectId(id) }, { $set: { createdAt } });
    await store
      .db(database)
      .collection('rooms')
      .updateMany({ 'lastMessage._id': new ObjectId(id) }, { $set: { updatedAt: createdAt, 'lastMessage.createdAt': createdAt } });
  }
  await store.close();

  const sockets: Socket[] = ['Jonas Weber', 'Aiko Tanaka', 'Ines Carvalho'].map((name) =>
    io(product.url, { auth: { token: person(name).token }, transports: ['websocket'], forceNew: true }),
  );
  return {
    me,
    password: PASSWORD,
    rooms,
    posts,
    events,
    leave: () => sockets.forEach((socket) => socket.disconnect()),
  };
}
