import type { SentMessage } from '@linsta/client';
import { useLinsta } from '@linsta/client/react';
import { useState, type RefObject } from 'react';
import { Dialog, Popover } from 'react-aria-components';
import { Button } from '../ui/controls';
import { Icon, type IconName } from '../ui/icons';
import { EMOJI, QUICK_REACTIONS } from './emoji';

/** As long as servers let a message be edited unless configured; a server that differs says so. */
const EDITABLE_MS = 15 * 60_000;

export interface MessageActionHandlers {
  onReply: (message: SentMessage) => void;
  onEdit: (message: SentMessage) => void;
  onHistory: (message: SentMessage) => void;
}

export const canEdit = (message: SentMessage, userId: string): boolean =>
  message.senderId === userId && Date.now() - new Date(message.createdAt).getTime() < EDITABLE_MS;

const linkTo = ({ chatRoomId, seq }: SentMessage) => `${location.origin}/chat/${chatRoomId}#message-${seq}`;

function Action({ icon, children, onPress }: { icon: IconName; children: string; onPress: () => void }) {
  return (
    <Button look={['quiet', 'wide', 'action']} onPress={onPress}>
      <Icon name={icon} size={18} /> {children}
    </Button>
  );
}

function EmojiButtons({ message, emoji, onDone }: { message: SentMessage; emoji: readonly string[]; onDone: () => void }) {
  const linsta = useLinsta();
  return emoji.map((one, at) => {
    const own = message.reactions.some((reaction) => reaction.emoji === one && reaction.userIds.includes(linsta.userId));
    return (
      <Button
        look={own ? ['quiet', 'icon', 'on'] : ['quiet', 'icon']}
        key={one}
        autoFocus={at === 0}
        aria-label={own ? `Withdraw ${one}` : `React with ${one}`}
        onPress={() => {
          linsta.messages(message.chatRoomId).react(message.seq, one, !own);
          onDone();
        }}
      >
        {one}
      </Button>
    );
  });
}

/** The reaction bar of one message and what else can be done with it. */
export function MessageActions({
  message,
  anchor,
  onClose,
  onReply,
  onEdit,
  onHistory,
}: MessageActionHandlers & { message: SentMessage; anchor: RefObject<HTMLElement | null>; onClose: () => void }) {
  const linsta = useLinsta();
  const [more, setMore] = useState(false);
  const [failed, setFailed] = useState(false);
  const then = (work: (message: SentMessage) => void) => () => {
    onClose();
    work(message);
  };
  const copy = (text: string) => () => {
    // Without a secure origin there is no clipboard.
    const written = 'clipboard' in navigator ? navigator.clipboard.writeText(text) : Promise.reject(new Error('no clipboard'));
    written.then(onClose, () => setFailed(true));
  };
  return (
    <Popover className="popover message-actions" triggerRef={anchor} isOpen onOpenChange={(open) => !open && onClose()} placement="top">
      <Dialog aria-label="Message actions">
        <div className={more ? 'emoji-grid' : 'reaction-bar'}>
          <EmojiButtons message={message} emoji={more ? EMOJI : QUICK_REACTIONS} onDone={onClose} key={String(more)} />
          {!more && (
            <Button look={['quiet', 'icon']} aria-label="More emoji" onPress={() => setMore(true)}>
              <Icon name="plus" />
            </Button>
          )}
        </div>
        <Action icon="reply" onPress={then(onReply)}>
          Reply
        </Action>
        {canEdit(message, linsta.userId) && (
          <Action icon="edit" onPress={then(onEdit)}>
            Edit
          </Action>
        )}
        <Action icon="copy" onPress={copy(message.text)}>
          Copy text
        </Action>
        <Action icon="link" onPress={copy(linkTo(message))}>
          Copy link
        </Action>
        {message.editedAt !== undefined && (
          <Action icon="history" onPress={then(onHistory)}>
            Earlier texts
          </Action>
        )}
        {failed && (
          <p className="soft small" role="alert">
            This browser does not let pages copy.
          </p>
        )}
      </Dialog>
    </Popover>
  );
}
