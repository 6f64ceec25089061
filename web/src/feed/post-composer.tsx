import type { Post } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useState } from 'react';
import { TextArea, TextField } from 'react-aria-components';
import { useSubmit } from '../account/use-submit';
import { useSession } from '../session';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { ErrorNote } from '../ui/states';

export function PostComposer({ onPosted }: { onPosted: (post: Post) => void }) {
  const { call } = useLinsta();
  const { user } = useSession();
  const [text, setText] = useState('');
  const { busy, error, onSubmit } = useSubmit(async () => {
    onPosted(await call('POST /api/posts', { body: { text } }));
    setText('');
  });
  return (
    <form className="card composer" onSubmit={onSubmit}>
      <div className="composer-line">
        {user !== undefined && <Avatar id={user._id} name={user.name} url={user.avatarUrl} />}
        <TextField aria-label="New post" className="grow" value={text} onChange={setText}>
          <TextArea className="input" placeholder="What is going on?" rows={1} />
        </TextField>
      </div>
      {error !== undefined && <ErrorNote error={error} />}
      <div className="composer-foot">
        <span className="soft small">{text.length > 3_500 ? `${4_000 - [...text].length} characters left` : ''}</span>
        <Button type="submit" look={['primary']} isDisabled={busy || text.trim() === ''}>
          Post
        </Button>
      </div>
    </form>
  );
}
