import type { Gathering } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useState } from 'react';
import { useSubmit } from '../account/use-submit';
import { Button, Field, Sheet, isWholeForm } from '../ui/controls';
import { ErrorNote } from '../ui/states';

export function NewEvent({ onCreated, onClose }: { onCreated: (event: Gathering) => void; onClose: () => void }) {
  const { call } = useLinsta();
  const [title, setTitle] = useState('');
  const [startsAt, setStartsAt] = useState('');
  const [location, setLocation] = useState('');
  const [description, setDescription] = useState('');
  const { busy, error, onSubmit } = useSubmit(async () => {
    const body = {
      title,
      startsAt: new Date(startsAt).toISOString(),
      ...(location.trim() !== '' && { location }),
      ...(description.trim() !== '' && { description }),
    };
    onCreated(await call('POST /api/events', { body }));
  });
  return (
    <Sheet title="New event" isOpen onClose={onClose}>
      <form className="stack" onSubmit={onSubmit}>
        {isWholeForm(error) && <ErrorNote error={error} />}
        <Field label="What" value={title} onChange={setTitle} error={error} path="title" maxLength={200} isRequired autoFocus />
        <Field label="When" type="datetime-local" value={startsAt} onChange={setStartsAt} error={error} path="startsAt" isRequired />
        <Field label="Where (optional)" value={location} onChange={setLocation} error={error} path="location" maxLength={200} />
        <Field
          label="More (optional)"
          multiline
          value={description}
          onChange={setDescription}
          error={error}
          path="description"
          maxLength={4_000}
        />
        <div className="composer-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" look={['primary']} isDisabled={busy || title.trim() === '' || startsAt === ''}>
            Create
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
