import type { Post } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Button } from '../ui/controls';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { usePages } from '../ui/use-pages';
import { PostCard } from './post-card';
import { PostComposer } from './post-composer';
import '../styles/feed.css';

const PAGE = 20;
const idOf = ({ _id }: Post) => _id;

export function FeedPage() {
  const { call } = useLinsta();
  const fetchPage = useCallback((before: string | undefined) => call('GET /api/posts', { query: { limit: PAGE, before } }), [call]);
  const posts = usePages<Post>({ key: 'feed', pageSize: PAGE, fetchPage, idOf, hold: true });
  return (
    <div className="page">
      <PageHead title="Feed" />
      <PostComposer onPosted={(post) => posts.change((now) => [post, ...now.filter(({ _id }) => _id !== post._id)])} />
      {posts.fresh.length > 0 && (
        <Button look={['pill']} onPress={posts.showFresh}>
          {posts.fresh.length >= PAGE ? `${PAGE}+ new posts` : `${posts.fresh.length} new ${posts.fresh.length === 1 ? 'post' : 'posts'}`}
        </Button>
      )}
      {posts.error !== undefined && posts.items === undefined && <ErrorNote error={posts.error} onRetry={posts.reload} />}
      {posts.items === undefined && posts.error === undefined && <Skeletons />}
      {posts.items?.length === 0 && (
        <Empty icon="feed" title="Nothing here yet">
          Write the first post: everybody here will see it.
        </Empty>
      )}
      {posts.items?.map((post) => (
        <PostCard
          post={post}
          key={post._id}
          onChange={(patch) => posts.change((now) => now.map((old) => (old._id === post._id ? { ...old, ...patch } : old)))}
        />
      ))}
      {posts.error !== undefined && posts.items !== undefined && <ErrorNote error={posts.error} onRetry={posts.loadMore} />}
      {posts.hasMore && (
        <Button onPress={posts.loadMore} isDisabled={posts.busy}>
          Older posts
        </Button>
      )}
    </div>
  );
}
