import { usePageTitle } from '../ui/page-title';
import { Empty } from '../ui/states';
import { Conversation } from './conversation';
import { RoomList } from './room-list';
import '../styles/chat.css';
import '../styles/messages.css';
import '../styles/feed.css';

function NoRoom() {
  usePageTitle('Chat');
  return (
    <div className="no-room">
      <Empty icon="chat" title="Pick a chat">
        Or start a new one: everything you write arrives, once and in order.
      </Empty>
    </div>
  );
}

export function ChatPage({ roomId }: { roomId?: string }) {
  return (
    <div className={`chat ${roomId === undefined ? '' : 'in-room'}`}>
      <RoomList current={roomId} />
      {roomId === undefined ? <NoRoom /> : <Conversation chatRoomId={roomId} key={roomId} />}
    </div>
  );
}
