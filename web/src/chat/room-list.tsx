import type { Presence } from '@linsta/contracts';
import type { RoomView } from '@linsta/client';
import { useLinsta, usePresence, useRooms, useTyping } from '@linsta/client/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { useSubmit } from '../account/use-submit';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { Name, TimeAgo } from '../ui/people';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { NewChat } from './new-chat';

function RoomLink({ room, presence, isCurrent, own }: { room: RoomView; presence: Presence | undefined; isCurrent: boolean; own: string }) {
  const name = room.other?.name ?? 'Unknown';
  const last = room.lastMessage;
  const typing = useTyping(room._id).length > 0;
  return (
    <li>
      <Link
        href={`/chat/${room._id}`}
        className={`room-link ${isCurrent ? 'current' : ''} ${room.unreadCount > 0 ? 'unread' : ''}`}
        aria-current={isCurrent ? 'page' : undefined}
      >
        <Avatar id={room.other?._id ?? room._id} name={name} online={presence?.status === 'online'} />
        <div className="grow">
          <div className="cut">
            <strong>
              <Name>{name}</Name>
            </strong>
            <span className="hidden-text">{presence?.status === 'online' ? ', online' : ''}</span>
          </div>
          <div className="room-last small cut">
            {typing ? (
              <em>typing …</em>
            ) : last === null ? (
              'No messages yet'
            ) : (
              <>
                {last.senderId === own && 'You: '}
                <bdi>{last.text}</bdi>
              </>
            )}
          </div>
        </div>
        <div className="room-side">
          <span className="soft small">
            <TimeAgo iso={last?.createdAt ?? room.createdAt} />
          </span>
          {room.unreadCount > 0 && (
            <span className="badge">
              {room.unreadCount > 99 ? '99+' : room.unreadCount}
              <span className="hidden-text"> unread</span>
            </span>
          )}
        </div>
      </Link>
    </li>
  );
}

export function RoomList({ current }: { current: string | undefined }) {
  const linsta = useLinsta();
  const { status, error, rooms, hasMore } = useRooms();
  const presence = usePresence(rooms.flatMap(({ other }) => (other === undefined ? [] : [other._id])).slice(0, 500));
  const more = useSubmit(linsta.rooms.loadMore);
  const [starting, setStarting] = useState(false);
  return (
    <section className="rooms" aria-label="Chats">
      <div className="rooms-head">
        <h1>Chat</h1>
        <Button look={['primary']} onPress={() => setStarting(true)}>
          <Icon name="plus" size={18} /> New chat
        </Button>
      </div>
      <div className="room-list">
        {status === 'failed' && error !== undefined && <ErrorNote error={error} onRetry={() => void linsta.rooms.retry()} />}
        {status === 'loading' && <Skeletons kind="row" />}
        {status === 'ready' && rooms.length === 0 && (
          <Empty icon="chat" title="No chats yet">
            Start one with “New chat”.
          </Empty>
        )}
        <ul>
          {rooms.map((room) => (
            <RoomLink
              room={room}
              presence={room.other === undefined ? undefined : presence[room.other._id]}
              isCurrent={room._id === current}
              own={linsta.userId}
              key={room._id}
            />
          ))}
        </ul>
        {more.error !== undefined && <ErrorNote error={more.error} />}
        {hasMore && (
          <Button look={['quiet', 'wide']} onPress={more.run} isDisabled={more.busy}>
            More chats
          </Button>
        )}
      </div>
      {starting && <NewChat onClose={() => setStarting(false)} />}
    </section>
  );
}
