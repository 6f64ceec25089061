import type { BusEvent, LikeState } from '@linsta/contracts';
import { toBusEvent } from '@linsta/bus';
import { writeVersioned, type OutboxRelay, type UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { toAuthor, type LikeDocument, type PostDocument, type PostsModels } from './model';
import type { Posts } from './posts';

export function createLikes({
  models: { Likes },
  posts,
  directory,
  relay,
  now,
}: {
  models: PostsModels;
  posts: Posts;
  directory: UserDirectory;
  relay: OutboxRelay;
  now: () => Date;
}) {
  const stateOf = async (post: PostDocument, liked: boolean): Promise<LikeState> => ({
    liked,
    likes: await Likes.countDocuments({ postId: post._id, active: true }),
  });

  /** The event for the author; none for an author's own like. */
  const eventsOf = async (post: PostDocument, userId: string, active: boolean, version: number, at: Date): Promise<BusEvent[]> => {
    const recipientId = post.authorId.toString();
    if (recipientId === userId) return [];
    const name = await directory.nameOf(userId);
    const data = { recipientId, actorId: userId, ...(name !== undefined && { actorName: name }), referenceId: post._id.toString() };
    const [type, prefix] = active ? (['LIKE', 'like'] as const) : (['UNLIKE', 'unlike'] as const);
    return [toBusEvent('posts', type, `${prefix}:${post._id.toString()}:${userId}:${version}`, data, at)];
  };

  /** Likes or unlikes; a repeat changes nothing and publishes nothing. */
  const set = async (postId: string, userId: string, active: boolean): Promise<LikeState> => {
    const post = await posts.find(postId);
    await writeVersioned<LikeDocument>({
      model: Likes,
      key: { postId: post._id, userId: new Types.ObjectId(userId) },
      relay,
      async decide(before, version) {
        if ((before?.active ?? false) === active) return undefined;
        // Strictly after the change before: consumers order the events by time.
        const changedAt = new Date(Math.max(now().getTime(), (before?.changedAt.getTime() ?? 0) + 1));
        return { fields: { active }, changedAt, events: await eventsOf(post, userId, active, version, changedAt) };
      },
    });
    return stateOf(post, active);
  };

  return {
    like: (postId: string, userId: string) => set(postId, userId, true),
    unlike: (postId: string, userId: string) => set(postId, userId, false),
    /**
     * Users who like the post, newest like first; `before` is the last user of the previous page.
     */
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
      const names = await directory.names(found.map(({ userId }) => userId.toString()));
      return found.map(({ userId }) => toAuthor(userId.toString(), names));
    },
  };
}
export type Likes = ReturnType<typeof createLikes>;
