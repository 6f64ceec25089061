import type { PublicUser } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Button as AriaButton } from 'react-aria-components';
import { Avatar } from '../ui/avatar';
import { Field, Sheet } from '../ui/controls';
import { Name } from '../ui/people';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';

const TYPING_MS = 200;

export function NewChat({ onClose }: { onClose: () => void }) {
  const linsta = useLinsta();
  const [, navigate] = useLocation();
  const [search, setSearch] = useState('');
  const [found, setFound] = useState<PublicUser[]>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    let gone = false;
    if (search.trim() === '') return setFound(undefined);
    const timer = setTimeout(() => {
      linsta.call('GET /api/users', { query: { search, limit: 20 } }).then(
        (users) => !gone && (setFound(users.filter(({ _id }) => _id !== linsta.userId)), setError(undefined)),
        (failure: unknown) => !gone && setError(asLinstaError(failure)),
      );
    }, TYPING_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [linsta, search]);
  const open = async (userId: string) => {
    try {
      navigate(`/chat/${await linsta.rooms.open(userId)}`);
      onClose();
    } catch (failure) {
      setError(asLinstaError(failure));
    }
  };
  return (
    <Sheet title="New chat" isOpen onClose={onClose}>
      <Field label="Name" placeholder="Begin to type a name" value={search} onChange={setSearch} autoFocus />
      {error !== undefined && <ErrorNote error={error} />}
      <div className="people">
        {found?.length === 0 && <p className="soft">No name here begins so.</p>}
        {found?.map(({ _id, name, avatarUrl }) => (
          <AriaButton className="person-row" onPress={() => void open(_id)} key={_id}>
            <Avatar id={_id} name={name} url={avatarUrl} small />
            <span className="cut grow">
              <Name>{name}</Name>
            </span>
          </AriaButton>
        ))}
      </div>
    </Sheet>
  );
}
