import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Avatar } from '../ui/avatar';
import { Sheet } from '../ui/controls';
import { ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';

/** Who likes it. */
export function Likers({ postId, onClose }: { postId: string; onClose: () => void }) {
  const { call } = useLinsta();
  const { data, error, reload } = useLoad(
    useCallback(() => call('GET /api/posts/:id/likes', { params: { id: postId }, query: { limit: 100 } }), [call, postId]),
  );
  return (
    <Sheet title="Liked by" isOpen onClose={onClose}>
      <div className="people">
        {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
        {data === undefined && error === undefined && <Skeletons count={2} kind="row" />}
        {data?.map(({ _id, name }) => (
          <div className="row" key={_id}>
            <Avatar id={_id} name={name} small />
            <span className="cut">{name}</span>
          </div>
        ))}
      </div>
    </Sheet>
  );
}
