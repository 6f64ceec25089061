import type { Post } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useRef, useState } from 'react';
import { asLinstaError } from '../ui/use-load';

type LikeState = Pick<Post, 'likedByMe' | 'likes'>;

/**
 * Shows a like at once and takes it back if the server refuses; of several presses the last one
 * counts.
 */
export function useLike(post: Post, onChange: (state: LikeState) => void) {
  const { call } = useLinsta();
  const [pending, setPending] = useState<LikeState>();
  const [error, setError] = useState<Error>();
  const presses = useRef(0);
  const shown = pending ?? post;
  const toggle = async () => {
    const press = (presses.current += 1);
    const likedByMe = !shown.likedByMe;
    setError(undefined);
    setPending({ likedByMe, likes: Math.max(0, shown.likes + (likedByMe ? 1 : -1)) });
    try {
      const route = likedByMe ? 'POST /api/posts/:id/like' : 'DELETE /api/posts/:id/like';
      const { liked, likes } = await call(route, { params: { id: post._id } });
      if (press === presses.current) onChange({ likedByMe: liked, likes });
    } catch (failure) {
      if (press === presses.current) setError(asLinstaError(failure));
    } finally {
      if (press === presses.current) setPending(undefined);
    }
  };
  return { liked: shown.likedByMe, likes: shown.likes, error, toggle: () => void toggle() };
}
