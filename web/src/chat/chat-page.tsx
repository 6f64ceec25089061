import { Conversation } from './conversation';
import { RoomList } from './room-list';
import { Empty } from '../ui/states';
import '../styles/chat.css';
import '../styles/feed.css';

export function ChatPage({ roomId }: { roomId?: string }) {
  return (
    <div className={`chat ${roomId === undefined ? '' : 'in-room'}`}>
      <RoomList current={roomId} />
      {roomId === undefined ? (
        <div className="no-room">
          <Empty icon="chat" title="Pick a chat">
            Or start a new one: everything you write arrives, once and in order.
          </Empty>
        </div>
      ) : (
        <Conversation chatRoomId={roomId} key={roomId} />
      )}
    </div>
  );
}
