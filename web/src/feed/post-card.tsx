import type { Post } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { RichText } from '../ui/rich-text';
import { ErrorNote } from '../ui/states';
import { ago, fullTime } from '../ui/time';
import { asLinstaError } from '../ui/use-load';
import { Comments } from './comments';
import { Likers } from './likers';

/** Answers at once and rolls back if refused. */
function useLike(post: Post) {
  const { call } = useLinsta();
  const [shown, setShown] = useState({ liked: post.likedByMe, likes: post.likes });
  const [error, setError] = useState<Error>();
  const presses = useRef(0);
  const toggle = async () => {
    const press = (presses.current += 1);
    const before = shown;
    const liked = !before.liked;
    setError(undefined);
    setShown({ liked, likes: Math.max(0, before.likes + (liked ? 1 : -1)) });
    try {
      const state = await call(liked ? 'POST /api/posts/:id/like' : 'DELETE /api/posts/:id/like', { params: { id: post._id } });
      // Pressed again meanwhile: only the last answer counts.
      if (press === presses.current) setShown(state);
    } catch (failure) {
      if (press !== presses.current) return;
      setShown(before);
      setError(asLinstaError(failure));
    }
  };
  return { ...shown, error, toggle: () => void toggle() };
}

export function PostCard({ post, open: initiallyOpen = false }: { post: Post; open?: boolean }) {
  const { liked, likes, error, toggle } = useLike(post);
  const [open, setOpen] = useState(initiallyOpen);
  const [comments, setComments] = useState(post.comments);
  const [showLikers, setShowLikers] = useState(false);
  return (
    <article className="card post" aria-label={`Post by ${post.author.name}`}>
      <div className="row">
        <Avatar id={post.authorId} name={post.author.name} />
        <div className="grow">
          <strong className="cut">{post.author.name}</strong>
          <div>
            <Link href={`/posts/${post._id}`} className="soft small" title={fullTime(post.createdAt)}>
              {ago(post.createdAt)}
            </Link>
          </div>
        </div>
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
            {likes} {likes === 1 ? 'like' : 'likes'}
          </Button>
        )}
      </div>
      {open && <Comments postId={post._id} onAdded={() => setComments(comments + 1)} />}
      {showLikers && <Likers postId={post._id} onClose={() => setShowLikers(false)} />}
    </article>
  );
}
