import { useLinsta, useMessages, usePresence, useRooms } from '@linsta/client/react';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icons';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { ago } from '../ui/time';
import { MessageComposer } from './message-composer';
import { MessageList } from './message-list';

const seen = (lastSeenAt: string | null | undefined) =>
  lastSeenAt === null || lastSeenAt === undefined ? 'offline' : `last seen ${ago(lastSeenAt)}`;

/** One room: whom it is with, what was said, and a place to answer. */
export function Conversation({ chatRoomId, plain = false }: { chatRoomId: string; plain?: boolean }) {
  const linsta = useLinsta();
  const { rooms } = useRooms();
  const { status, error, messages, lastSeq, readSeq } = useMessages(chatRoomId);
  const other = rooms.find(({ _id }) => _id === chatRoomId)?.other;
  const presence = usePresence(other === undefined ? [] : [other._id])[other?._id ?? ''];
  useEffect(() => {
    if (status !== 'ready' || lastSeq <= readSeq) return;
    const read = () => {
      if (document.visibilityState === 'visible')
        void linsta
          .messages(chatRoomId)
          .markRead()
          .catch(() => undefined);
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [linsta, chatRoomId, status, lastSeq, readSeq]);
  return (
    <section className="conversation" aria-label={`Chat with ${other?.name ?? 'somebody'}`}>
      {!plain && (
        <header className="conversation-head">
          <Link href="/chat" className="back" aria-label="All chats">
            <Icon name="back" />
          </Link>
          {other !== undefined && <Avatar id={other._id} name={other.name} online={presence?.status === 'online'} />}
          <div className="grow">
            <h1 className="cut conversation-name">{other?.name ?? '\u00a0'}</h1>
            <div className="soft small">
              {presence?.status === 'online' ? 'online' : other === undefined ? '' : seen(presence?.lastSeenAt)}
            </div>
          </div>
        </header>
      )}
      <div className="scroll">
        {status === 'loading' && messages.length === 0 && (
          <div className="page">
            <Skeletons kind="row" />
          </div>
        )}
        {status === 'failed' && error !== undefined && (
          <div className="page">
            <ErrorNote error={error} onRetry={() => void linsta.messages(chatRoomId).reload()} />
          </div>
        )}
        {status === 'ready' && messages.length === 0 && (
          <Empty icon="chat" title="Say hello">
            What you write is kept until it has arrived, even without a network.
          </Empty>
        )}
        {messages.length > 0 && <MessageList chatRoomId={chatRoomId} />}
      </div>
      <MessageComposer chatRoomId={chatRoomId} disabled={status === 'failed'} focus={!plain} />
    </section>
  );
}
