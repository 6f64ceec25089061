import type { Comment, Post } from '@linsta/contracts';
import type { PersonRecord } from '@linsta/contracts/internal';
import { collectionSchema, outboxFields, outboxIndex, type WithOutbox } from '@linsta/mongo';
import { Schema, type Connection, type Model, type Types } from 'mongoose';

export interface PostDocument {
  _id: Types.ObjectId;
  authorId: Types.ObjectId;
  text: string;
  createdAt: Date;
}
/**
 * One per user and post, kept after an unlike: the event of each change is part of the same
 * document.
 */
export interface LikeDocument extends WithOutbox {
  _id: Types.ObjectId;
  postId: Types.ObjectId;
  userId: Types.ObjectId;
  active: boolean;
  /** Counts the changes, so that each has its own event id. */
  version: number;
  changedAt: Date;
}
export interface CommentDocument extends WithOutbox {
  _id: Types.ObjectId;
  postId: Types.ObjectId;
  authorId: Types.ObjectId;
  text: string;
  createdAt: Date;
}

const postSchema = collectionSchema<PostDocument>('posts', {
  authorId: { type: Schema.Types.ObjectId, required: true },
  text: { type: String, required: true },
  createdAt: { type: Date, required: true },
});

const likeSchema = collectionSchema<LikeDocument>('likes', {
  postId: { type: Schema.Types.ObjectId, required: true },
  userId: { type: Schema.Types.ObjectId, required: true },
  active: { type: Boolean, required: true },
  version: { type: Number, required: true },
  changedAt: { type: Date, required: true },
  ...outboxFields,
});
likeSchema.index({ postId: 1, userId: 1 }, { unique: true, name: 'post_user' });
likeSchema.index({ postId: 1, active: 1, _id: -1 }, { name: 'post_active' });
likeSchema.index(...outboxIndex);

const commentSchema = collectionSchema<CommentDocument>('comments', {
  postId: { type: Schema.Types.ObjectId, required: true },
  authorId: { type: Schema.Types.ObjectId, required: true },
  text: { type: String, required: true },
  createdAt: { type: Date, required: true },
  ...outboxFields,
});
commentSchema.index({ postId: 1, _id: -1 }, { name: 'post_newest' });
commentSchema.index(...outboxIndex);

export interface PostsModels {
  Posts: Model<PostDocument>;
  Likes: Model<LikeDocument>;
  Comments: Model<CommentDocument>;
}
export const createModels = (connection: Connection): PostsModels => ({
  Posts: connection.model<PostDocument>('Post', postSchema),
  Likes: connection.model<LikeDocument>('Like', likeSchema),
  Comments: connection.model<CommentDocument>('Comment', commentSchema),
});

type Names = (userId: string) => PersonRecord;
export const toAuthor = (userId: string, names: Names) => ({ _id: userId, name: names(userId).name });

export function toPost(doc: PostDocument, extra: { names: Names; likes: number; likedByMe: boolean; comments: number }): Post {
  const authorId = doc.authorId.toString();
  return {
    _id: doc._id.toString(),
    authorId,
    author: toAuthor(authorId, extra.names),
    text: doc.text,
    likes: extra.likes,
    likedByMe: extra.likedByMe,
    comments: extra.comments,
    createdAt: doc.createdAt.toISOString(),
  };
}

export function toComment(doc: CommentDocument, names: Names): Comment {
  const authorId = doc.authorId.toString();
  return {
    _id: doc._id.toString(),
    postId: doc.postId.toString(),
    authorId,
    author: toAuthor(authorId, names),
    text: doc.text,
    createdAt: doc.createdAt.toISOString(),
  };
}
