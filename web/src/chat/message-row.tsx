import type { MessageView } from '@linsta/client';
import { memo } from 'react';
import { Button } from '../ui/controls';
import { isOnlyEmoji } from '../ui/links';
import { Name } from '../ui/people';
import { RichText } from '../ui/rich-text';
import { fullTime, timeOfDay } from '../ui/time';

interface MessageRowProps {
  message: MessageView;
  mine: boolean;
  /** First and last of a group by one author. */
  first: boolean;
  last: boolean;
  read: boolean;
  online: boolean;
  onRetry: () => void;
  onDiscard: () => void;
}

function Foot({ message, mine, read, online, onRetry, onDiscard }: MessageRowProps) {
  if (message.status === 'failed')
    return (
      <div className="message-foot">
        <span className="failed-text">Not sent: {message.error?.message ?? 'refused'}</span>
        <Button onPress={onRetry}>Try again</Button>
        <Button onPress={onDiscard}>Delete</Button>
      </div>
    );
  return (
    <div className="message-foot">
      <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
        {timeOfDay(message.createdAt)}
      </time>
      {mine && <span>{message.status === 'sending' ? (online ? 'Sending …' : 'Waiting') : read ? 'Read' : 'Sent'}</span>}
    </div>
  );
}

export const MessageRow = memo(
  function MessageRow(props: MessageRowProps) {
    const { message, mine, first, last } = props;
    return (
      <div
        className={`message ${message.status} ${mine ? 'mine' : ''} ${first ? 'first' : ''} ${isOnlyEmoji(message.text) ? 'emoji' : ''}`}
      >
        <span className="hidden-text">{mine ? 'You' : <Name>{message.senderName}</Name>}: </span>
        <div className="message-bubble">
          <RichText text={message.text} />
        </div>
        {(last || message.status !== 'sent') && <Foot {...props} />}
      </div>
    );
  },
  // The two callbacks act on the message's key: new ones change nothing that is shown.
  (a, b) =>
    a.message === b.message && a.mine === b.mine && a.first === b.first && a.last === b.last && a.read === b.read && a.online === b.online,
);
