import { Types } from 'mongoose';
import { sliceOf, withinLimit } from '../src/messages/resume';

const room = (lastSeq: number) => ({ _id: new Types.ObjectId(), lastSeq, reads: {} });
const shapeOf = ({ from, reset }: ReturnType<typeof sliceOf>) => ({ from, reset });

describe('the messages that a client lacks', () => {
  test.each([
    ['it has all but two', 10, 8, { from: 9, reset: false }],
    ['it has none of a short room', 10, 0, { from: 1, reset: false }],
    ['it lacks 200', 300, 100, { from: 101, reset: false }],
    ['it lacks 201', 301, 100, { from: 252, reset: true }],
    ['it has more than there is', 10, 11, { from: 1, reset: true }],
  ])('when %s, then they begin at the right number', (_kind, lastSeq, after, slice) => {
    expect(shapeOf(sliceOf(room(lastSeq), after))).toEqual(slice);
  });
  test('when the rooms exceed the limit together, then the rooms beyond it are reset without messages', () => {
    const slices = [4, 5, 3].map((missing) => sliceOf(room(100), 100 - missing));
    expect(withinLimit(slices, 8).map(shapeOf)).toEqual([
      { from: 97, reset: false },
      { from: 101, reset: true },
      { from: 98, reset: false },
    ]);
  });
});
