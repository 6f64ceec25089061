import type { Post } from '@linsta/contracts';
import { useState } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { Name, TimeAgo } from '../ui/people';
import { RichText } from '../ui/rich-text';
import { ErrorNote } from '../ui/states';
import { Comments } from './comments';
import { Likers } from './likers';
import { useLike } from './use-like';

const people = (count: number) => `${count} ${count === 1 ? 'like' : 'likes'}`;

export function PostCard({
  post,
  onChange,
  open: initiallyOpen = false,
}: {
  post: Post;
  onChange: (patch: Partial<Post>) => void;
  open?: boolean;
}) {
  const { liked, likes, error, toggle } = useLike(post, onChange);
  const [open, setOpen] = useState(initiallyOpen);
  const [showLikers, setShowLikers] = useState(false);
  const { comments } = post;
  return (
    <article className="card post" aria-label={`Post by ${post.author.name}`}>
      <div className="post-head">
        <Avatar id={post.authorId} name={post.author.name} />
        <strong className="cut">
          <Name>{post.author.name}</Name>
        </strong>
        <Link href={`/posts/${post._id}`} className="soft small">
          <TimeAgo iso={post.createdAt} />
        </Link>
      </div>
      <RichText text={post.text} />
      {error !== undefined && <ErrorNote error={error} onRetry={toggle} />}
      <div className="post-actions">
        <Button look={liked ? ['quiet', 'liked'] : ['quiet']} onPress={toggle} aria-pressed={liked}>
          <Icon name="heart" /> {liked ? 'Liked' : 'Like'}
        </Button>
        <Button look={['quiet']} onPress={() => setOpen(!open)} aria-expanded={open}>
          <Icon name="comment" /> {comments === 0 ? 'Comment' : `${comments} ${comments === 1 ? 'comment' : 'comments'}`}
        </Button>
        {likes > 0 && (
          <Button look={['quiet']} onPress={() => setShowLikers(true)}>
            {people(likes)}
          </Button>
        )}
      </div>
      {open && <Comments postId={post._id} onAdded={() => onChange({ comments: comments + 1 })} />}
      {showLikers && <Likers postId={post._id} onClose={() => setShowLikers(false)} />}
    </article>
  );
}
