import { useTyping } from '@linsta/client/react';
import { Name } from '../ui/people';

/** Says that the other participant types. The line keeps its place, so that nothing moves. */
export function TypingLine({ chatRoomId, name }: { chatRoomId: string; name: string | undefined }) {
  const isTyping = useTyping(chatRoomId).length > 0;
  return (
    <div className="typing-line" role="status">
      {isTyping && (
        <>
          <span className="cut">
            <Name>{name ?? 'Someone'}</Name>
          </span>
          <span>is typing</span>
          <span className="typing-dots" aria-hidden="true">
            <i /> <i /> <i />
          </span>
        </>
      )}
    </div>
  );
}
