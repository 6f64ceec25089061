import type { SentMessage } from '@linsta/client';
import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Sheet } from '../ui/controls';
import { RichText } from '../ui/rich-text';
import { ErrorNote, Skeletons } from '../ui/states';
import { fullTime } from '../ui/time';
import { useLoad } from '../ui/use-load';

/** The texts that a message had before, newest first. */
export function EarlierTexts({ message, onClose }: { message: SentMessage; onClose: () => void }) {
  const linsta = useLinsta();
  const { chatRoomId, seq } = message;
  const load = useCallback(
    () => linsta.call('GET /api/chat/messages/:chatRoomId/:seq/edits', { params: { chatRoomId, seq: String(seq) } }),
    [linsta, chatRoomId, seq],
  );
  const { data, error, reload } = useLoad(load);
  return (
    <Sheet title="Earlier texts" isOpen onClose={onClose}>
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Skeletons kind="row" />}
      <ol className="earlier-texts">
        {data?.toReversed().map(({ text, writtenAt }) => (
          <li key={writtenAt}>
            <time className="soft small" dateTime={writtenAt}>
              {fullTime(writtenAt)}
            </time>
            <p>
              <RichText text={text} />
            </p>
          </li>
        ))}
      </ol>
    </Sheet>
  );
}
