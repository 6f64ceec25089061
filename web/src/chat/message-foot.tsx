import type { MessageView } from '@linsta/client';
import { Button } from '../ui/controls';
import { fullTime, timeOfDay } from '../ui/time';

/** How far an own message has come. */
export type MessageMark = 'Sent' | 'Delivered' | 'Read';

interface MessageFootProps {
  message: MessageView;
  mine: boolean;
  mark: MessageMark;
  online: boolean;
  onHistory: () => void;
  onRetry: () => void;
  onDiscard: () => void;
}

/** When a message was sent, whether it was edited, and how far it has come. */
export function MessageFoot({ message, mine, mark, online, onHistory, onRetry, onDiscard }: MessageFootProps) {
  if (message.status === 'failed')
    return (
      <div className="message-foot">
        <span className="failed-text">Not sent: {message.error?.message ?? 'refused'}</span>
        <Button onPress={onRetry}>Try again</Button>
        <Button onPress={onDiscard}>Delete</Button>
      </div>
    );
  const isEdited = message.status === 'sent' && message.editedAt !== undefined;
  return (
    <div className="message-foot">
      <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
        {timeOfDay(message.createdAt)}
      </time>
      {isEdited && (
        <Button look={['quiet']} aria-label="edited: show earlier texts" onPress={onHistory}>
          edited
        </Button>
      )}
      {mine && <span>{message.status === 'sending' ? (online ? 'Sending …' : 'Waiting') : mark}</span>}
    </div>
  );
}
