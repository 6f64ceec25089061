import type { Comment } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useCallback, useRef, useState } from 'react';
import { Input, TextField } from 'react-aria-components';
import { useSubmit } from '../account/use-submit';
import { Avatar } from '../ui/avatar';
import { Button, CharactersLeft } from '../ui/controls';
import { lengthOf } from '../ui/links';
import { Name, TimeAgo } from '../ui/people';
import { RichText } from '../ui/rich-text';
import { ErrorNote, Skeletons } from '../ui/states';
import { usePages } from '../ui/use-pages';

const PAGE = 50;
const MAX_LENGTH = 1_000;
const idOf = ({ _id }: Comment) => _id;

export function Comments({ postId, onAdded }: { postId: string; onAdded: () => void }) {
  const { call } = useLinsta();
  const fetchPage = useCallback(
    (before: string | undefined) => call('GET /api/posts/:id/comments', { params: { id: postId }, query: { limit: PAGE, before } }),
    [call, postId],
  );
  const comments = usePages<Comment>({ key: `comments ${postId}`, pageSize: PAGE, fetchPage, idOf });
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const submit = useSubmit(async () => {
    const comment = await call('POST /api/posts/:id/comments', { params: { id: postId }, body: { text } });
    comments.change((now) => [comment, ...now.filter(({ _id }) => _id !== comment._id)]);
    setText('');
    onAdded();
    input.current?.focus();
  });
  const fault = comments.error ?? submit.error;
  const left = MAX_LENGTH - lengthOf(text);
  return (
    <div className="comments">
      {comments.items === undefined && comments.error === undefined && <Skeletons count={1} kind="row" />}
      {comments.hasMore && (
        <Button look={['quiet']} onPress={comments.loadMore} isDisabled={comments.busy}>
          Earlier comments
        </Button>
      )}
      {comments.items?.toReversed().map((comment) => (
        <div className="comment" key={comment._id}>
          <Avatar id={comment.authorId} name={comment.author.name} small />
          <div className="bubble">
            <div className="small comment-head">
              <strong className="cut">
                <Name>{comment.author.name}</Name>
              </strong>
              <span className="soft">
                <TimeAgo iso={comment.createdAt} />
              </span>
            </div>
            <RichText text={comment.text} />
          </div>
        </div>
      ))}
      {fault !== undefined && <ErrorNote error={fault} onRetry={comments.error === undefined ? submit.run : comments.reload} />}
      <form className="row" onSubmit={submit.onSubmit}>
        <TextField aria-label="New comment" value={text} onChange={setText} className="grow">
          <Input className="input" placeholder="Say something kind" dir="auto" ref={input} />
          <CharactersLeft left={left} of={MAX_LENGTH} />
        </TextField>
        <Button type="submit" isDisabled={submit.busy || text.trim() === '' || left < 0}>
          Send
        </Button>
      </form>
    </div>
  );
}
