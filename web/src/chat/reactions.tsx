import type { SentMessage } from '@linsta/client';
import { useLinsta } from '@linsta/client/react';
import { Button } from '../ui/controls';

/** The reactions of a message; a press on one adds the own, or withdraws it. */
export function Reactions({ message, nameOf }: { message: SentMessage; nameOf: (userId: string) => string }) {
  const linsta = useLinsta();
  if (message.reactions.length === 0) return null;
  return (
    <div className="reactions" role="group" aria-label="Reactions">
      {message.reactions.map(({ emoji, userIds }) => {
        const own = userIds.includes(linsta.userId);
        return (
          <Button
            look={own ? ['reaction', 'on'] : ['reaction']}
            key={emoji}
            aria-pressed={own}
            onPress={() => linsta.messages(message.chatRoomId).react(message.seq, emoji, !own)}
          >
            <span>{emoji}</span> {userIds.length}
            <span className="hidden-text"> by {userIds.map(nameOf).join(' and ')}</span>
          </Button>
        );
      })}
    </div>
  );
}
