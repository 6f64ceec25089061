import { useLinsta, useMessages, useRooms } from '@linsta/client/react';
import { useEffect, useState } from 'react';

/** More unread messages than this are not loaded for their first one to be shown. */
const MAX_REACHED = 500;
const FOUND_MS = 2_500;

/** Where the list is to be scrolled to. */
export interface Target {
  seq: number;
  align: 'start' | 'center';
}

const linkedSeq = (): number | undefined => {
  const seq = Number(/^#message-(\d{1,15})$/.exec(location.hash)?.[1]);
  return seq > 0 ? seq : undefined;
};

/**
 * Where a room opens: at the message that a link names, else at the first unread one, else at the
 * end. `opened` is false until that is known.
 */
export function useOpening(chatRoomId: string) {
  const linsta = useLinsta();
  const { status, lastSeq } = useMessages(chatRoomId);
  const { status: roomsStatus, rooms } = useRooms();
  const [opened, setOpened] = useState(false);
  const [unreadFrom, setUnreadFrom] = useState<number>();
  const [target, setTarget] = useState<Target>();
  const [found, setFound] = useState<number>();

  const jump = async (seq: number) => {
    const reached = await linsta
      .messages(chatRoomId)
      .reach(seq)
      .catch(() => false);
    if (!reached) return;
    setTarget({ seq, align: 'center' });
    setFound(seq);
  };
  const isKnown = status === 'ready' && roomsStatus !== 'loading';
  useEffect(() => {
    if (!isKnown || opened) return;
    let gone = false;
    const open = async () => {
      const row = rooms.find(({ _id }) => _id === chatRoomId);
      const first = row === undefined || row.readSeq >= lastSeq ? undefined : row.readSeq + 1;
      if (first !== undefined && lastSeq - first < MAX_REACHED) await linsta.messages(chatRoomId).reach(first);
      if (gone) return;
      const linked = linkedSeq();
      const { messages } = linsta.messages(chatRoomId).get();
      const unread = messages.find(({ seq, senderId }) => first !== undefined && (seq ?? 0) >= first && senderId !== linsta.userId);
      if (unread?.seq !== undefined) setUnreadFrom(unread.seq);
      if (linked !== undefined) await jump(linked);
      else if (unread?.seq !== undefined) setTarget({ seq: unread.seq, align: 'start' });
    };
    void open()
      .catch(() => undefined)
      .finally(() => !gone && setOpened(true));
    return () => {
      gone = true;
    };
  }, [isKnown]);
  useEffect(() => {
    const onHash = () => {
      const seq = linkedSeq();
      if (seq !== undefined) void jump(seq);
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, [chatRoomId]);
  useEffect(() => {
    if (found === undefined) return;
    const timer = setTimeout(() => setFound(undefined), FOUND_MS);
    return () => clearTimeout(timer);
  }, [found]);
  return { opened, unreadFrom, endUnread: () => setUnreadFrom(undefined), target, reached: () => setTarget(undefined), found, jump };
}
