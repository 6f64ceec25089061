import { useLinsta } from '@linsta/client/react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';
import { keepDraft, readDraft } from './drafts';
import { EmojiPicker } from './emoji-picker';

/** Enter sends, Shift and Enter begins a new line. */
export function MessageComposer({ chatRoomId, disabled, focus }: { chatRoomId: string; disabled: boolean; focus: boolean }) {
  const linsta = useLinsta();
  const [text, setText] = useState(() => readDraft(linsta.userId, chatRoomId));
  const [error, setError] = useState<Error>();
  const area = useRef<HTMLTextAreaElement>(null);
  // Where no keyboard would cover half of the screen, one can write at once.
  useEffect(() => {
    if (focus && matchMedia('(min-width: 900px)').matches) area.current?.focus();
  }, [focus]);
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
