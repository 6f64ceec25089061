import type { Post } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useRef, useState } from 'react';
import { TextArea, TextField } from 'react-aria-components';
import { useSubmit } from '../account/use-submit';
import { useSession } from '../session';
import { Avatar } from '../ui/avatar';
import { Button, CharactersLeft } from '../ui/controls';
import { lengthOf } from '../ui/links';
import { ErrorNote } from '../ui/states';
import { readStored, store } from '../ui/safe-storage';

const MAX_LENGTH = 4_000;

/** One line until it is used. */
export function PostComposer({ onPosted }: { onPosted: (post: Post) => void }) {
  const { call, userId } = useLinsta();
  const { user } = useSession();
  const draftKey = `linsta.post-draft.${userId}`;
  const [text, setText] = useState(() => readStored(draftKey) ?? '');
  const [focused, setFocused] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const change = (next: string) => {
    setText(next);
    store(draftKey, next === '' ? undefined : next);
  };
  const { busy, error, onSubmit } = useSubmit(async () => {
    onPosted(await call('POST /api/posts', { body: { text } }));
    change('');
    area.current?.focus();
  });
  const left = MAX_LENGTH - lengthOf(text);
  return (
    <form className={`card composer ${focused || text !== '' ? 'open' : ''}`} onSubmit={onSubmit} onFocus={() => setFocused(true)}>
      <div className="composer-line">
        {user !== undefined && <Avatar id={user._id} name={user.name} url={user.avatarUrl} />}
        <TextField aria-label="New post" className="grow" value={text} onChange={change}>
          <TextArea className="input" placeholder="What is going on?" rows={1} dir="auto" ref={area} />
        </TextField>
      </div>
      {error !== undefined && <ErrorNote error={error} />}
      <div className="composer-foot">
        <CharactersLeft left={left} of={MAX_LENGTH} />
        <Button type="submit" look={['primary']} isDisabled={busy || text.trim() === '' || left < 0}>
          Post
        </Button>
      </div>
    </form>
  );
}
