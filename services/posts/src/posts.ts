import type { Post } from '@linsta/contracts';
import { notFound } from '@linsta/core';
import type { UserDirectory } from '@linsta/mongo';
import { trusted, Types, type Model } from 'mongoose';
import { toPost, type PostDocument, type PostsModels } from './model';

/**
 * Documents of each of these posts in `model`, counted over an index each time: it cannot drift.
 */
async function countBy(model: Model<never>, postIds: Types.ObjectId[], filter: Record<string, unknown>): Promise<Map<string, number>> {
  const groups = await model.aggregate<{ _id: Types.ObjectId; count: number }>([
    { $match: { postId: { $in: postIds }, ...filter } },
    { $group: { _id: '$postId', count: { $sum: 1 } } },
  ]);
  return new Map(groups.map(({ _id, count }) => [_id.toString(), count]));
}

export function createPosts({ models, directory, now }: { models: PostsModels; directory: UserDirectory; now: () => Date }) {
  const { Posts, Likes, Comments } = models;

  const present = async (posts: PostDocument[], userId: string): Promise<Post[]> => {
    const ids = posts.map(({ _id }) => _id);
    const [names, likes, comments, mine] = await Promise.all([
      directory.names(posts.map(({ authorId }) => authorId.toString())),
      countBy(Likes as never, ids, { active: true }),
      countBy(Comments as never, ids, {}),
      Likes.find({ postId: trusted({ $in: ids }), userId: new Types.ObjectId(userId), active: true }, { postId: 1 }).lean(),
    ]);
    const liked = new Set(mine.map(({ postId }) => postId.toString()));
    return posts.map((post) => {
      const id = post._id.toString();
      return toPost(post, { names, likes: likes.get(id) ?? 0, comments: comments.get(id) ?? 0, likedByMe: liked.has(id) });
    });
  };

  /** Throws 404. */
  const find = async (postId: string): Promise<PostDocument> => {
    const post = await Posts.findById(new Types.ObjectId(postId)).lean();
    if (post === null) throw notFound('Post');
    return post;
  };

  return {
    find,
    async create(userId: string, text: string): Promise<Post> {
      const post = { _id: new Types.ObjectId(), authorId: new Types.ObjectId(userId), text, createdAt: now() };
      await Posts.create(post);
      const names = await directory.names([userId]);
      return toPost(post, { names, likes: 0, comments: 0, likedByMe: false });
    },
    async get(postId: string, userId: string): Promise<Post> {
      const [post] = await present([await find(postId)], userId);
      if (post === undefined) throw notFound('Post');
      return post;
    },
    async list(userId: string, page: { limit: number; before?: string | undefined }): Promise<Post[]> {
      const filter = page.before === undefined ? {} : { _id: trusted({ $lt: new Types.ObjectId(page.before) }) };
      return present(await Posts.find(filter).sort({ _id: -1 }).limit(page.limit).lean(), userId);
    },
  };
}
export type Posts = ReturnType<typeof createPosts>;
