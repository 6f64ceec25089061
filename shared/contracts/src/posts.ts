import { z } from 'zod';
import { freeText, isoTime, limitQuery, objectId } from './common';

export const author = z.object({ _id: objectId, name: z.string() }).meta({ id: 'Author' });
export const newPost = z.strictObject({ text: freeText(4000) });
export const post = z
  .object({
    _id: objectId,
    authorId: objectId,
    author,
    text: z.string(),
    likes: z.number().int(),
    likedByMe: z.boolean(),
    comments: z.number().int(),
    createdAt: isoTime,
  })
  .meta({ id: 'Post' });
/** `before` is the `_id` of the last item of the page before. */
export const pageQuery = z.strictObject({ limit: limitQuery(20), before: objectId.optional() });
export const likeState = z.object({ liked: z.boolean(), likes: z.number().int() }).meta({ id: 'LikeState' });
export const newComment = z.strictObject({ text: freeText(1000) });
export const comment = z
  .object({ _id: objectId, postId: objectId, authorId: objectId, author, text: z.string(), createdAt: isoTime })
  .meta({ id: 'Comment' });

export type Post = z.infer<typeof post>;
export type Comment = z.infer<typeof comment>;
export type LikeState = z.infer<typeof likeState>;
