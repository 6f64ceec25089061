import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Avatar } from '../ui/avatar';
import { Button, Sheet } from '../ui/controls';
import { Name } from '../ui/people';
import { ErrorNote, Skeletons } from '../ui/states';
import { usePages } from '../ui/use-pages';

const PAGE = 50;
const idOf = ({ _id }: { _id: string }) => _id;

/** The people who like a post. */
export function Likers({ postId, onClose }: { postId: string; onClose: () => void }) {
  const { call } = useLinsta();
  const fetchPage = useCallback(
    (before: string | undefined) => call('GET /api/posts/:id/likes', { params: { id: postId }, query: { limit: PAGE, before } }),
    [call, postId],
  );
  const people = usePages({ key: `likers ${postId}`, pageSize: PAGE, fetchPage, idOf });
  return (
    <Sheet title="Liked by" isOpen onClose={onClose}>
      <ul className="people">
        {people.error !== undefined && <ErrorNote error={people.error} onRetry={people.reload} />}
        {people.items === undefined && people.error === undefined && <Skeletons count={2} kind="row" />}
        {people.items?.map(({ _id, name }) => (
          <li className="row" key={_id}>
            <Avatar id={_id} name={name} small />
            <span className="cut grow">
              <Name>{name}</Name>
            </span>
          </li>
        ))}
      </ul>
      {people.hasMore && (
        <Button look={['wide']} onPress={people.loadMore} isDisabled={people.busy}>
          More people
        </Button>
      )}
    </Sheet>
  );
}
