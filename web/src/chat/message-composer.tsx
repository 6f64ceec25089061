import { useLinsta } from '@linsta/client/react';
import { useRef, useState, type KeyboardEvent } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';
import { keepDraft, readDraft } from './drafts';
import { EmojiPicker } from './emoji-picker';

/** Enter sends, Shift and Enter begins a new line. */
export function MessageComposer({ chatRoomId, disabled }: { chatRoomId: string; disabled: boolean }) {
  const linsta = useLinsta();
  const [text, setText] = useState(() => readDraft(linsta.userId, chatRoomId));
  const [error, setError] = useState<Error>();
  const area = useRef<HTMLTextAreaElement>(null);
  const change = (next: string) => {
    setText(next);
    keepDraft(linsta.userId, chatRoomId, next);
  };
  const send = () => {
    if (text.trim() === '' || disabled) return;
    try {
      linsta.messages(chatRoomId).send(text);
      change('');
      setError(undefined);
    } catch (failure) {
      setError(asLinstaError(failure));
    }
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const insert = (emoji: string) => {
    const at = area.current?.selectionStart ?? text.length;
    change(text.slice(0, at) + emoji + text.slice(at));
    area.current?.focus();
  };
  return (
    <>
      {error !== undefined && <ErrorNote error={error} />}
      <form
        className="message-composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <EmojiPicker onPick={insert} />
        <textarea
          className="input"
          aria-label="Message"
          placeholder="Write a message"
          rows={1}
          ref={area}
          value={text}
          disabled={disabled}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button type="submit" look={['primary', 'icon']} aria-label="Send" isDisabled={disabled || text.trim() === ''}>
          <Icon name="send" />
        </Button>
      </form>
    </>
  );
}
