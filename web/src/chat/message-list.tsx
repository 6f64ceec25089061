import type { MessageView, SentMessage } from '@linsta/client';
import { useConnection, useLinsta, useMessages, useRooms } from '@linsta/client/react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { dayName, sameDay, timeOfDay } from '../ui/time';
import { EarlierTexts } from './earlier-texts';
import { MessageActions } from './message-actions';
import type { MessageMark } from './message-foot';
import { MessageRow, type RowHandlers } from './message-row';
import { useOpening } from './use-opening';

/** Nearer to the end than this counts as its end. */
const AT_END_PX = 60;
const LOAD_OLDER_PX = 2_000;
const GROUP_MS = 5 * 60_000;
const SETTLE_MS = 150;

const startsGroup = (message: MessageView, before: MessageView | undefined) =>
  before === undefined ||
  before.senderId !== message.senderId ||
  new Date(message.createdAt).getTime() - new Date(before.createdAt).getTime() > GROUP_MS;

/** The newest at the bottom; older ones are loaded on the way up, and nothing jumps. */
export function MessageList({
  chatRoomId,
  onAtEnd,
  editing,
  onReply,
  onEdit,
  onEdited,
}: {
  chatRoomId: string;
  onAtEnd: (atEnd: boolean) => void;
  /** The message that is edited in its place. */
  editing: number | undefined;
  onReply: (message: SentMessage) => void;
  onEdit: (message: SentMessage) => void;
  onEdited: () => void;
}) {
  const linsta = useLinsta();
  const { messages, hasOlder, loadingOlder, othersReadSeq, othersDeliveredSeq } = useMessages(chatRoomId);
  const { rooms } = useRooms();
  const opening = useOpening(chatRoomId);
  const [acting, setActing] = useState<{ key: string; anchor: { current: HTMLElement } }>();
  const [history, setHistory] = useState<SentMessage>();
  const online = useConnection().status === 'online';
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  /** Later messages are new: the newest when the list was scrolled away from its end. */
  const [leftAt, setLeftAt] = useState<number>();
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
    if (own === undefined) return;
    virtualizer.scrollToIndex(last, { align: 'end' });
    opening.endUnread();
  }, [own]);
  const { target, opened } = opening;
  const measure = useRef<() => void>(() => undefined);
  useEffect(() => {
    const index = target === undefined ? -1 : messages.findIndex(({ seq }) => seq === target.seq);
    if (target === undefined || index === -1) return;
    virtualizer.scrollToIndex(index, { align: target.align });
    if (target.align === 'start') setLeftAt(target.seq - 1);
    else scroller.current?.focus({ preventScroll: true });
    // Which rows are in sight is known once they are measured.
    const timer = setTimeout(() => {
      measure.current();
      opening.reached();
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [target, messages]);
  const editingIndex = editing === undefined ? -1 : messages.findIndex(({ seq }) => seq === editing);
  useEffect(() => {
    if (editingIndex !== -1) virtualizer.scrollToIndex(editingIndex, { align: 'auto' });
  }, [editing]);

  // Nothing counts as seen before the list stands where it opens.
  useEffect(() => onAtEnd(opened && target === undefined && atEnd), [opened, target, atEnd, onAtEnd]);
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
      setLeftAt((before) => (end ? undefined : (before ?? messages.findLast(({ seq }) => seq !== undefined)?.seq)));
    }
    if (element.scrollTop < LOAD_OLDER_PX && hasOlder && !loadingOlder)
      void linsta
        .messages(chatRoomId)
        .loadOlder()
        .catch(() => undefined);
  };
  measure.current = onScroll;
  const participants = rooms.find(({ _id }) => _id === chatRoomId)?.participants;
  const handlers = useMemo(
    (): RowHandlers => ({
      nameOf: (userId) => (userId === linsta.userId ? 'You' : (participants?.find(({ _id }) => _id === userId)?.name ?? 'User')),
      onActions: ({ key }, anchor) => setActing({ key, anchor: { current: anchor } }),
      onHistory: setHistory,
      onJump: (seq) => void opening.jump(seq),
      onEdited,
    }),
    [linsta, chatRoomId, participants, onEdited],
  );
  const acted = messages.find(({ key }) => key === acting?.key);
  const markOf = ({ seq = Infinity }: MessageView): MessageMark =>
    seq <= othersReadSeq ? 'Read' : seq <= othersDeliveredSeq ? 'Delivered' : 'Sent';
  const fresh = leftAt === undefined ? 0 : messages.filter(({ seq = 0, senderId }) => seq > leftAt && senderId !== linsta.userId).length;

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
                {message.seq !== undefined && message.seq === opening.unreadFrom && (
                  <div className="day unread-line" role="separator">
                    New since {timeOfDay(message.createdAt)}
                  </div>
                )}
                <MessageRow
                  message={message}
                  mine={message.senderId === linsta.userId}
                  first={newDay || startsGroup(message, before)}
                  last={index === last || startsGroup(messages[index + 1] ?? message, message)}
                  online={online}
                  mark={markOf(message)}
                  editing={message.seq !== undefined && message.seq === editing}
                  found={message.seq !== undefined && message.seq === opening.found}
                  handlers={handlers}
                />
              </div>
            );
          })}
        </div>
      </div>
      {acting !== undefined && acted?.status === 'sent' && (
        <MessageActions
          message={acted}
          anchor={acting.anchor}
          onClose={() => setActing(undefined)}
          onReply={onReply}
          onEdit={onEdit}
          onHistory={setHistory}
          key={acting.key}
        />
      )}
      {history !== undefined && <EarlierTexts message={history} onClose={() => setHistory(undefined)} />}
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
