import type { SentMessage } from '@linsta/client';
import { useLinsta, useMessages, usePresence, useRooms } from '@linsta/client/react';
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icons';
import { usePageTitle } from '../ui/page-title';
import { Name, useNow } from '../ui/people';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { activeAgo } from '../ui/time';
import { canEdit } from './message-actions';
import { MessageComposer } from './message-composer';
import { MessageList } from './message-list';

function ActiveState({ online, lastSeenAt }: { online: boolean; lastSeenAt: string | null | undefined }) {
  useNow();
  if (online) return <>online</>;
  return <>{lastSeenAt === null || lastSeenAt === undefined ? 'offline' : activeAgo(lastSeenAt)}</>;
}

/** Messages count as read while the page has the focus, is visible, and shows its end. */
function useMarkRead(chatRoomId: string, atEnd: boolean): void {
  const linsta = useLinsta();
  const { status, lastSeq, readSeq } = useMessages(chatRoomId);
  useEffect(() => {
    if (status !== 'ready' || lastSeq <= readSeq || !atEnd) return;
    const markRead = () => {
      if (document.visibilityState === 'visible' && document.hasFocus())
        void linsta
          .messages(chatRoomId)
          .markRead()
          .catch(() => undefined);
    };
    markRead();
    document.addEventListener('visibilitychange', markRead);
    addEventListener('focus', markRead);
    return () => {
      document.removeEventListener('visibilitychange', markRead);
      removeEventListener('focus', markRead);
    };
  }, [linsta, chatRoomId, status, lastSeq, readSeq, atEnd]);
}

function ConversationHead({ chatRoomId }: { chatRoomId: string }) {
  const { rooms } = useRooms();
  const other = rooms.find(({ _id }) => _id === chatRoomId)?.other;
  const presence = usePresence(other === undefined ? [] : [other._id])[other?._id ?? ''];
  usePageTitle(other === undefined ? 'Chat' : other.name);
  return (
    <header className="conversation-head">
      <Link href="/chat" className="back" aria-label="All chats">
        <Icon name="back" />
      </Link>
      {other !== undefined && <Avatar id={other._id} name={other.name} online={presence?.status === 'online'} />}
      <div className="grow">
        <h1 className="cut conversation-name">{other === undefined ? '\u00a0' : <Name>{other.name}</Name>}</h1>
        <div className="soft small">
          {other !== undefined && <ActiveState online={presence?.status === 'online'} lastSeenAt={presence?.lastSeenAt} />}
        </div>
      </div>
    </header>
  );
}

/** One room: its other participant, its messages, and a place to answer. */
export function Conversation({ chatRoomId, plain = false }: { chatRoomId: string; plain?: boolean }) {
  const linsta = useLinsta();
  const { rooms } = useRooms();
  const { status, error, messages } = useMessages(chatRoomId);
  const [atEnd, setAtEnd] = useState(false);
  const [replyTo, setReplyTo] = useState<SentMessage>();
  const [editing, setEditing] = useState<number>();
  const endReply = useCallback(() => setReplyTo(undefined), []);
  const endEdit = useCallback(() => setEditing(undefined), []);
  const startEdit = useCallback(({ seq }: SentMessage) => setEditing(seq), []);
  const editLast = () => {
    const last = messages.findLast((message) => message.status === 'sent' && canEdit(message, linsta.userId));
    if (last?.status === 'sent') setEditing(last.seq);
  };
  useMarkRead(chatRoomId, atEnd);
  const other = rooms.find(({ _id }) => _id === chatRoomId)?.other;
  const isMissing = status === 'failed' && [400, 403, 404].includes(error.status ?? 0);
  return (
    <section className="conversation" aria-label={`Chat with ${other?.name ?? 'another person'}`}>
      {!plain && <ConversationHead chatRoomId={chatRoomId} />}
      <div className="scroll">
        {status === 'loading' && messages.length === 0 && <Skeletons kind="row" />}
        {isMissing && (
          <Empty icon="chat" title="This chat is not here">
            It may belong to other people. <Link href="/chat">All chats</Link>
          </Empty>
        )}
        {status === 'failed' && !isMissing && <ErrorNote error={error} onRetry={() => void linsta.messages(chatRoomId).reload()} />}
        {status === 'ready' && messages.length === 0 && (
          <Empty icon="chat" title="Say hello">
            What you write is kept until it has arrived, even without a network.
          </Empty>
        )}
        {messages.length > 0 && (
          <MessageList
            chatRoomId={chatRoomId}
            onAtEnd={setAtEnd}
            editing={editing}
            onReply={setReplyTo}
            onEdit={startEdit}
            onEdited={endEdit}
          />
        )}
      </div>
      <MessageComposer
        chatRoomId={chatRoomId}
        otherName={other?.name}
        disabled={isMissing}
        focus={!plain}
        replyTo={replyTo}
        onReplyEnd={endReply}
        onEditLast={editLast}
      />
    </section>
  );
}
