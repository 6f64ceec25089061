import { useLinsta } from '@linsta/client/react';
import { useCallback, useState } from 'react';
import { Input, TextField } from 'react-aria-components';
import { useSubmit } from '../account/use-submit';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { RichText } from '../ui/rich-text';
import { ErrorNote, Skeletons } from '../ui/states';
import { ago } from '../ui/time';
import { useLoad } from '../ui/use-load';

const PAGE = 50;

export function Comments({ postId, onAdded }: { postId: string; onAdded: () => void }) {
  const { call } = useLinsta();
  const load = useCallback(
    async () => (await call('GET /api/posts/:id/comments', { params: { id: postId }, query: { limit: PAGE } })).reverse(),
    [call, postId],
  );
  const { data: comments, error, reload, set } = useLoad(load);
  const [text, setText] = useState('');
  const submit = useSubmit(async () => {
    const comment = await call('POST /api/posts/:id/comments', { params: { id: postId }, body: { text } });
    set((now) => [...now, comment]);
    setText('');
    onAdded();
  });
  const fault = error ?? submit.error;
  return (
    <div className="comments">
      {comments === undefined && error === undefined && <Skeletons count={1} kind="row" />}
      {comments?.map((comment) => (
        <div className="comment" key={comment._id}>
          <Avatar id={comment.authorId} name={comment.author.name} small />
          <div className="bubble">
            <div className="small">
              <strong>{comment.author.name}</strong> <span className="soft">{ago(comment.createdAt)}</span>
            </div>
            <RichText text={comment.text} />
          </div>
        </div>
      ))}
      {fault !== undefined && <ErrorNote error={fault} onRetry={error === undefined ? submit.run : reload} />}
      <form className="row" onSubmit={submit.onSubmit}>
        <TextField aria-label="New comment" value={text} onChange={setText} className="grow">
          <Input className="input" placeholder="Say something kind" maxLength={1_000} />
        </TextField>
        <Button type="submit" isDisabled={submit.busy || text.trim() === ''}>
          Send
        </Button>
      </form>
    </div>
  );
}
