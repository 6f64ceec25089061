import type { BusEvent, LikeState } from '@linsta/contracts';
import { duplicateKey, pushToOutbox, toBusEvent, type OutboxRelay, type People } from '@linsta/server';
import { trusted, Types } from 'mongoose';
import { toAuthor, type PostDocument, type PostsModels } from './model';
import type { Posts } from './posts';

export function createLikes({
  models: { Likes },
  posts,
  people,
  relay,
  now,
}: {
  models: PostsModels;
  posts: Posts;
  people: People;
  relay: OutboxRelay;
  now: () => Date;
}) {
  const stateOf = async (post: PostDocument, liked: boolean): Promise<LikeState> => ({
    liked,
    likes: await Likes.countDocuments({ postId: post._id, active: true }),
  });

  /** What the author is to hear of; nothing if it is his own doing. */
  const facts = async (post: PostDocument, userId: string, active: boolean, version: number, at: Date): Promise<BusEvent[]> => {
    const recipientId = post.authorId.toString();
    if (recipientId === userId) return [];
    const name = (await people.get([userId]).catch(() => undefined))?.get(userId)?.name;
    const data = { recipientId, actorId: userId, ...(name !== undefined && { actorName: name }), referenceId: post._id.toString() };
    return [
      toBusEvent(
        'posts',
        active ? 'LIKE' : 'UNLIKE',
        `${active ? 'like' : 'unlike'}:${post._id.toString()}:${userId}:${version}`,
        data,
        at,
      ),
    ];
  };

  /** Makes it so; a repeat changes nothing and tells nobody. The change and its fact are one write. */
  const set = async (postId: string, userId: string, active: boolean): Promise<LikeState> => {
    const post = await posts.find(postId);
    const key = { postId: post._id, userId: new Types.ObjectId(userId) };
    for (;;) {
      const like = await Likes.findOne(key, { active: 1, version: 1, changedAt: 1 }).lean();
      if ((like?.active ?? false) === active) return stateOf(post, active);
      const version = (like?.version ?? 0) + 1;
      // Strictly after the change before, so that whoever puts the facts in order by time gets it right.
      const at = new Date(Math.max(now().getTime(), (like?.changedAt.getTime() ?? 0) + 1));
      const events = await facts(post, userId, active, version, at);
      if (like === null) {
        const _id = new Types.ObjectId();
        try {
          await Likes.create({ _id, ...key, active, version, changedAt: at, outbox: events, ...(events.length > 0 && { outboxAt: at }) });
        } catch (error) {
          if (duplicateKey(error) === undefined) throw error;
          continue; // the same person, from another device, at this moment
        }
        relay.offer({ _id, ...key, outbox: events });
        return stateOf(post, active);
      }
      const written = await Likes.updateOne(
        { ...key, version: like.version },
        { $set: { active, version, changedAt: at }, ...(events.length > 0 && pushToOutbox(...events)) },
      );
      if (written.modifiedCount === 0) continue;
      relay.offer({ _id: like._id, ...key, outbox: events });
      return stateOf(post, active);
    }
  };

  return {
    like: (postId: string, userId: string) => set(postId, userId, true),
    unlike: (postId: string, userId: string) => set(postId, userId, false),
    /** Who likes it; `before` is the last user of the page before. */
    async list(postId: string, page: { limit: number; before?: string | undefined }) {
      const post = await posts.find(postId);
      const last =
        page.before === undefined
          ? null
          : await Likes.findOne({ postId: post._id, userId: new Types.ObjectId(page.before) }, { _id: 1 }).lean();
      const found = await Likes.find({ postId: post._id, active: true, ...(last !== null && { _id: trusted({ $lt: last._id }) }) })
        .sort({ _id: -1 })
        .limit(page.limit)
        .lean();
      const names = await people.names(found.map(({ userId }) => userId.toString()));
      return found.map(({ userId }) => toAuthor(userId.toString(), names));
    },
  };
}
export type Likes = ReturnType<typeof createLikes>;
