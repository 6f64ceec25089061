import type { Post } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { PostCard } from './post-card';
import '../styles/feed.css';

export function PostPage({ id }: { id: string }) {
  const { call } = useLinsta();
  const { data, error, reload } = useLoad(useCallback(() => call('GET /api/posts/:id', { params: { id } }), [call, id]));
  const [post, setPost] = useState<Post>();
  useEffect(() => setPost(data), [data]);
  const isMissing = error?.status === 404 || error?.status === 400;
  return (
    <div className="page">
      <PageHead
        title="Post"
        tabTitle={post === undefined ? 'Post' : `Post by ${post.author.name}`}
        back={{ href: '/', label: 'Back to the feed' }}
      />
      {isMissing && (
        <Empty icon="feed" title="This post is not here">
          It may never have been. <Link href="/">See what is</Link>.
        </Empty>
      )}
      {error !== undefined && !isMissing && <ErrorNote error={error} onRetry={reload} />}
      {post === undefined && error === undefined && <Skeletons count={1} />}
      {post !== undefined && <PostCard post={post} onChange={(patch) => setPost({ ...post, ...patch })} open />}
    </div>
  );
}
