import type { SentMessage } from '@linsta/client';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { Name } from '../ui/people';

/** The message that the next one will answer. */
export function ReplyBar({ message, mine, onCancel }: { message: SentMessage; mine: boolean; onCancel: () => void }) {
  return (
    <div className="reply-bar" role="group" aria-label="Reply">
      <Icon name="reply" size={18} />
      <div className="grow">
        <strong className="cut">{mine ? 'Yourself' : <Name>{message.senderName}</Name>}</strong>
        <div className="soft small cut">
          <bdi>{message.text}</bdi>
        </div>
      </div>
      <Button look={['quiet', 'icon']} aria-label="Cancel the reply" onPress={onCancel}>
        <Icon name="close" size={18} />
      </Button>
    </div>
  );
}
