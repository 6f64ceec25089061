import type { MessageView } from '@linsta/client';
import { useConnection, useLinsta, useMessages } from '@linsta/client/react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { dayName, sameDay } from '../ui/time';
import { MessageRow } from './message-row';

/** Nearer to the end than this counts as its end. */
const AT_END_PX = 60;
const LOAD_OLDER_PX = 2_000;
const GROUP_MS = 5 * 60_000;

const startsGroup = (message: MessageView, before: MessageView | undefined) =>
  before === undefined ||
  before.senderId !== message.senderId ||
  new Date(message.createdAt).getTime() - new Date(before.createdAt).getTime() > GROUP_MS;

/** The newest at the bottom; older ones are loaded on the way up, and nothing jumps. */
export function MessageList({ chatRoomId, onAtEnd }: { chatRoomId: string; onAtEnd: (atEnd: boolean) => void }) {
  const linsta = useLinsta();
  const { messages, hasOlder, loadingOlder, othersReadSeq } = useMessages(chatRoomId);
  const online = useConnection().status === 'online';
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  /** The newest message at the time when the list was scrolled away from its end. */
  const [leftAt, setLeftAt] = useState<string>();
  const virtualizer = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 52,
    getItemKey: (index) => messages[index]?.key ?? index,
    overscan: 12,
    paddingStart: 8,
    paddingEnd: 12,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: AT_END_PX,
    initialOffset: () => Number.MAX_SAFE_INTEGER,
  });

  const newest = messages.at(-1);
  const own = newest?.senderId === linsta.userId && newest.status === 'sending' ? newest.key : undefined;
  const last = messages.length - 1;
  // A message that was just sent is shown, whatever part was shown before.
  useEffect(() => {
    if (own !== undefined) virtualizer.scrollToIndex(last, { align: 'end' });
  }, [own]);

  useEffect(() => onAtEnd(atEnd), [atEnd, onAtEnd]);
  // The composer grows, the phone's keyboard opens, the offline bar appears: the newest stays in
  // sight.
  const atEndNow = useRef(atEnd);
  atEndNow.current = atEnd;
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let height = element.clientHeight;
    const observer = new ResizeObserver(() => {
      if (element.clientHeight < height && atEndNow.current) element.scrollTop = element.scrollHeight;
      height = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = scroller.current;
    if (element === null) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    if (end !== atEnd) {
      setAtEnd(end);
      setLeftAt(end ? undefined : newest?.key);
    }
    if (element.scrollTop < LOAD_OLDER_PX && hasOlder && !loadingOlder)
      void linsta
        .messages(chatRoomId)
        .loadOlder()
        .catch(() => undefined);
  };
  const leftIndex = leftAt === undefined ? -1 : messages.findIndex(({ key }) => key === leftAt);
  const fresh = leftIndex === -1 ? 0 : messages.slice(leftIndex + 1).filter(({ senderId }) => senderId !== linsta.userId).length;

  return (
    <>
      <div className="messages" ref={scroller} onScroll={onScroll} role="log" aria-label="Messages" tabIndex={0}>
        <div className="messages-inner" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, key, start }) => {
            const message = messages[index];
            if (message === undefined) return null;
            const before = messages[index - 1];
            const newDay = before === undefined || !sameDay(before.createdAt, message.createdAt);
            return (
              <div
                className="message-row"
                key={key}
                data-index={index}
                ref={virtualizer.measureElement}
                style={{ transform: `translateY(${start}px)` }}
              >
                {newDay && <div className="day">{dayName(message.createdAt)}</div>}
                <MessageRow
                  message={message}
                  mine={message.senderId === linsta.userId}
                  first={newDay || startsGroup(message, before)}
                  last={index === last || startsGroup(messages[index + 1] ?? message, message)}
                  online={online}
                  read={message.seq !== undefined && message.seq <= othersReadSeq}
                  onRetry={() => linsta.messages(chatRoomId).retry(message.key)}
                  onDiscard={() => linsta.messages(chatRoomId).discard(message.key)}
                />
              </div>
            );
          })}
        </div>
      </div>
      {!atEnd && (
        <Button
          look={['jump']}
          onPress={() => {
            virtualizer.scrollToIndex(last, { align: 'end' });
            // The button goes: the focus must not go with it.
            scroller.current?.focus({ preventScroll: true });
          }}
        >
          <Icon name="down" size={16} /> {fresh === 0 ? 'Newest' : `${fresh} new ${fresh === 1 ? 'message' : 'messages'}`}
        </Button>
      )}
    </>
  );
}
