import type { BusEvent, Comment } from '@linsta/contracts';
import { toBusEvent } from '@linsta/bus';
import type { OutboxRelay, UserDirectory } from '@linsta/mongo';
import { trusted, Types } from 'mongoose';
import { toComment, type PostsModels } from './model';
import type { Posts } from './posts';

const EXCERPT = 140;

export function createComments({
  models: { Comments },
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
  return {
    async create(postId: string, userId: string, text: string): Promise<Comment> {
      const post = await posts.find(postId);
      const names = await directory.names([userId]);
      const createdAt = now();
      const comment = { _id: new Types.ObjectId(), postId: post._id, authorId: new Types.ObjectId(userId), text, createdAt };
      const recipientId = post.authorId.toString();
      const outbox: BusEvent[] =
        recipientId === userId
          ? []
          : [
              toBusEvent(
                'posts',
                'COMMENT',
                `comment:${comment._id.toString()}`,
                {
                  recipientId,
                  actorId: userId,
                  actorName: names(userId).name,
                  referenceId: postId,
                  excerpt: [...text].slice(0, EXCERPT).join(''),
                },
                createdAt,
              ),
            ];
      await Comments.create({ ...comment, outbox, ...(outbox.length > 0 && { outboxAt: createdAt }) });
      relay.offer({ ...comment, outbox });
      return toComment({ ...comment, outbox }, names);
    },
    async list(postId: string, page: { limit: number; before?: string | undefined }): Promise<Comment[]> {
      const post = await posts.find(postId);
      const found = await Comments.find({
        postId: post._id,
        ...(page.before !== undefined && { _id: trusted({ $lt: new Types.ObjectId(page.before) }) }),
      })
        .sort({ _id: -1 })
        .limit(page.limit)
        .lean();
      const names = await directory.names(found.map(({ authorId }) => authorId.toString()));
      return found.map((comment) => toComment(comment, names));
    },
  };
}
export type Comments = ReturnType<typeof createComments>;
