import type { SentMessage } from '@linsta/client';
import { useLinsta } from '@linsta/client/react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Button, CharactersLeft } from '../ui/controls';
import { lengthOf } from '../ui/links';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';

const MAX_LENGTH = 4_000;

/** Edits a message in its place: Enter saves, Escape cancels. */
export function EditForm({ message, onClose }: { message: SentMessage; onClose: () => void }) {
  const linsta = useLinsta();
  const [text, setText] = useState(message.edit?.text ?? message.text);
  const [error, setError] = useState<Error>();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(text.length, text.length);
  }, []);
  const left = MAX_LENGTH - lengthOf(text);
  const canSave = text.trim() !== '' && left >= 0;
  const save = () => {
    if (!canSave) return;
    try {
      if (text !== message.text) linsta.messages(message.chatRoomId).edit(message.seq, text);
      onClose();
    } catch (failure) {
      setError(asLinstaError(failure));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    save();
  };
  return (
    <form
      className="edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {error !== undefined && <ErrorNote error={error} />}
      <textarea
        className="input"
        aria-label="Edit message"
        dir="auto"
        rows={1}
        ref={area}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <CharactersLeft left={left} of={MAX_LENGTH} />
      <div className="row">
        <Button type="submit" look={['primary']} isDisabled={!canSave}>
          Save
        </Button>
        <Button onPress={onClose}>Cancel</Button>
      </div>
    </form>
  );
}
