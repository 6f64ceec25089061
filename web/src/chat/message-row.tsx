import type { MessageView, Quote, SentMessage } from '@linsta/client';
import { useLinsta } from '@linsta/client/react';
import { memo, useRef, type PointerEvent } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { isOnlyEmoji } from '../ui/links';
import { Name } from '../ui/people';
import { RichText } from '../ui/rich-text';
import { EditForm } from './edit-form';
import { MessageFoot, type MessageMark } from './message-foot';
import { Reactions } from './reactions';

const LONG_PRESS_MS = 450;
/** A finger that moves farther scrolls. */
const MOVED_PX = 10;

/** Acts on any message of the list; the same over all renders. */
export interface RowHandlers {
  nameOf: (userId: string) => string;
  onActions: (message: SentMessage, anchor: HTMLElement) => void;
  onHistory: (message: SentMessage) => void;
  onJump: (seq: number) => void;
  onEdited: () => void;
}
interface MessageRowProps {
  message: MessageView;
  mine: boolean;
  /** First and last of a group by one author. */
  first: boolean;
  last: boolean;
  mark: MessageMark;
  online: boolean;
  editing: boolean;
  /** A jump ended here. */
  found: boolean;
  handlers: RowHandlers;
}

function QuoteButton({ quote, handlers }: { quote: Quote; handlers: RowHandlers }) {
  return (
    <Button look={['quote']} onPress={() => handlers.onJump(quote.seq)}>
      <span className="hidden-text">Answers </span>
      <strong className="cut">
        <Name>{handlers.nameOf(quote.senderId)}</Name>
      </strong>
      <span className="cut">
        <bdi>{quote.excerpt}</bdi>
      </span>
    </Button>
  );
}

/** Opens the actions where a finger rests: a phone has no pointer that hovers. */
function useLongPress(onLongPress: (element: HTMLElement) => void) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number }>(undefined);
  const end = () => clearTimeout(press.current?.timer);
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.pointerType !== 'touch') return;
      const element = event.currentTarget;
      end();
      press.current = { timer: setTimeout(() => onLongPress(element), LONG_PRESS_MS), x: event.clientX, y: event.clientY };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const from = press.current;
      if (from !== undefined && Math.hypot(clientX - from.x, clientY - from.y) > MOVED_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onPointerLeave: end,
  };
}

export const MessageRow = memo(function MessageRow({
  message,
  mine,
  first,
  last,
  mark,
  online,
  editing,
  found,
  handlers,
}: MessageRowProps) {
  const linsta = useLinsta();
  const isSent = message.status === 'sent';
  const longPress = useLongPress((element) => isSent && handlers.onActions(message, element));
  const bare = isOnlyEmoji(message.text) && message.replyTo === undefined;
  const room = () => linsta.messages(message.chatRoomId);
  return (
    <div
      className={['message', message.status, mine && 'mine', first && 'first', bare && 'emoji', found && 'found'].filter(Boolean).join(' ')}
    >
      <span className="hidden-text">{mine ? 'You' : <Name>{message.senderName}</Name>}: </span>
      {isSent && editing ? (
        <EditForm message={message} onClose={handlers.onEdited} />
      ) : (
        <div className="message-line">
          <div className="message-bubble" {...longPress}>
            {message.replyTo !== undefined && <QuoteButton quote={message.replyTo} handlers={handlers} />}
            <RichText text={message.text} />
          </div>
          {isSent && (
            <span className="message-more">
              <Button
                look={['quiet', 'icon']}
                aria-label="Message actions"
                onPress={({ target }) => handlers.onActions(message, target as HTMLElement)}
              >
                <Icon name="smile" size={18} />
              </Button>
            </span>
          )}
        </div>
      )}
      {isSent && <Reactions message={message} nameOf={handlers.nameOf} />}
      {isSent && message.edit?.error !== undefined && (
        <div className="message-foot">
          <span className="failed-text">Not changed: {message.edit.error.message}</span>
          <Button onPress={() => room().retryEdit(message.seq)}>Try again</Button>
          <Button onPress={() => room().discardEdit(message.seq)}>Discard</Button>
        </div>
      )}
      {(last || !isSent || message.editedAt !== undefined) && (
        <MessageFoot
          message={message}
          mine={mine}
          mark={mark}
          online={online}
          onHistory={() => isSent && handlers.onHistory(message)}
          onRetry={() => room().retry(message.key)}
          onDiscard={() => room().discard(message.key)}
        />
      )}
    </div>
  );
});
