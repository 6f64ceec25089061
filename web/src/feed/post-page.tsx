import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Link } from 'wouter';
import { Icon } from '../ui/icons';
import { ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { PostCard } from './post-card';
import '../styles/feed.css';

export function PostPage({ id }: { id: string }) {
  const { call } = useLinsta();
  const { data, error, reload } = useLoad(useCallback(() => call('GET /api/posts/:id', { params: { id } }), [call, id]));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Post</h1>
        <Link href="/" className="row small">
          <Icon name="back" size={16} /> Feed
        </Link>
      </div>
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Skeletons count={1} />}
      {data !== undefined && <PostCard post={data} open />}
    </div>
  );
}
