import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Link } from 'wouter';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { PostCard } from './post-card';
import '../styles/feed.css';

export function PostPage({ id }: { id: string }) {
  const { call } = useLinsta();
  const { data, error, reload } = useLoad(useCallback(() => call('GET /api/posts/:id', { params: { id } }), [call, id]));
  return (
    <div className="page">
      <PageHead title="Post" back={{ href: '/', label: 'Back to the feed' }} />
      {error?.status === 404 && (
        <Empty icon="feed" title="This post is not here">
          It may never have been. <Link href="/">See what is</Link>.
        </Empty>
      )}
      {error !== undefined && error.status !== 404 && <ErrorNote error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Skeletons count={1} />}
      {data !== undefined && <PostCard post={data} open />}
    </div>
  );
}
