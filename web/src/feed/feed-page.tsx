import { useLinsta } from '@linsta/client/react';
import { useCallback, useState } from 'react';
import { useSubmit } from '../account/use-submit';
import { Button } from '../ui/controls';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { PostCard } from './post-card';
import { PostComposer } from './post-composer';
import '../styles/feed.css';

const PAGE = 20;

export function FeedPage() {
  const { call } = useLinsta();
  const { data: posts, error, reload, set } = useLoad(useCallback(() => call('GET /api/posts', { query: { limit: PAGE } }), [call]));
  const [finished, setFinished] = useState(false);
  const more = useSubmit(async () => {
    const before = posts?.at(-1)?._id;
    const older = await call('GET /api/posts', { query: { limit: PAGE, before } });
    setFinished(older.length < PAGE);
    set((now) => [...now, ...older.filter(({ _id }) => !now.some((post) => post._id === _id))]);
  });
  return (
    <div className="page">
      <PageHead title="Feed" />
      <PostComposer onPosted={(post) => set((now) => [post, ...now])} />
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {posts === undefined && error === undefined && <Skeletons />}
      {posts?.length === 0 && (
        <Empty icon="feed" title="Nothing here yet">
          Write the first post: everybody here will see it.
        </Empty>
      )}
      {posts?.map((post) => (
        <PostCard post={post} key={post._id} />
      ))}
      {more.error !== undefined && <ErrorNote error={more.error} />}
      {posts !== undefined && posts.length >= PAGE && !finished && (
        <Button onPress={more.run} isDisabled={more.busy}>
          Older posts
        </Button>
      )}
    </div>
  );
}
