import type { SentMessage } from '@linsta/client';
import { useLinsta } from '@linsta/client/react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Button, CharactersLeft } from '../ui/controls';
import { Icon } from '../ui/icons';
import { lengthOf } from '../ui/links';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';
import { keepDraft, readDraft } from './drafts';
import { EmojiPicker } from './emoji-picker';
import { ReplyBar } from './reply-bar';
import { TypingLine } from './typing-line';

const MAX_LENGTH = 4_000;
/**
 * Key code of keys that belong to an input method; Safari reports it after the composition has
 * ended.
 */
const IME_KEY_CODE = 229;
/** A keyboard on the screen has no Shift and Enter. */
const hasOnScreenKeyboard = () => matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches;

/** Enter sends, Shift and Enter begins a new line; on a phone Enter begins a new line. */
export function MessageComposer({
  chatRoomId,
  otherName,
  disabled,
  focus,
  replyTo,
  onReplyEnd,
  onEditLast,
}: {
  chatRoomId: string;
  otherName: string | undefined;
  disabled: boolean;
  focus: boolean;
  replyTo: SentMessage | undefined;
  onReplyEnd: () => void;
  onEditLast: () => void;
}) {
  const linsta = useLinsta();
  const [text, setText] = useState(() => readDraft(linsta.userId, chatRoomId));
  const [error, setError] = useState<Error>();
  const area = useRef<HTMLTextAreaElement>(null);
  // Not where a keyboard would cover half of the screen.
  useEffect(() => {
    if (focus && !hasOnScreenKeyboard() && matchMedia('(min-width: 43.75rem)').matches) area.current?.focus();
  }, [focus]);
  const change = (next: string) => {
    setText(next);
    setError(undefined);
    keepDraft(linsta.userId, chatRoomId, next);
    linsta.typing(chatRoomId).set(next.trim() !== '');
  };
  useEffect(() => {
    if (replyTo !== undefined) area.current?.focus();
  }, [replyTo]);
  const left = MAX_LENGTH - lengthOf(text);
  const canSend = text.trim() !== '' && !disabled && left >= 0;
  const send = () => {
    if (!canSend) return;
    try {
      linsta.messages(chatRoomId).send(text, replyTo === undefined ? {} : { replyTo });
      change('');
      onReplyEnd();
    } catch (failure) {
      setError(asLinstaError(failure));
    }
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { isComposing, keyCode } = event.nativeEvent;
    if (event.key === 'Escape' && replyTo !== undefined) return onReplyEnd();
    if (event.key === 'ArrowUp' && text === '' && !isComposing) {
      event.preventDefault();
      return onEditLast();
    }
    if (event.key !== 'Enter' || event.shiftKey || isComposing || keyCode === IME_KEY_CODE || hasOnScreenKeyboard()) return;
    event.preventDefault();
    send();
  };
  const insert = (emoji: string) => {
    const at = area.current?.selectionStart ?? text.length;
    change(text.slice(0, at) + emoji + text.slice(at));
    area.current?.focus();
  };
  return (
    <div className="composer-area">
      <TypingLine chatRoomId={chatRoomId} name={otherName} />
      {replyTo !== undefined && <ReplyBar message={replyTo} mine={replyTo.senderId === linsta.userId} onCancel={onReplyEnd} />}
      {error !== undefined && <ErrorNote error={error} />}
      <CharactersLeft left={left} of={MAX_LENGTH} />
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
          dir="auto"
          ref={area}
          value={text}
          disabled={disabled}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button type="submit" look={['primary', 'icon']} aria-label="Send" isDisabled={!canSend}>
          <Icon name="send" />
        </Button>
      </form>
    </div>
  );
}
