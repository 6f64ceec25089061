import type { Gathering } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { PageHead } from '../ui/page-head';
import { Name } from '../ui/people';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { usePages } from '../ui/use-pages';
import { EventCard } from './event-card';
import '../styles/feed.css';

const WORDS = { going: 'is going', maybe: 'might come', declined: 'is not coming' };
const ORDER = ['going', 'maybe', 'declined'] as const;
const PAGE = 50;
type Attendee = { user: { _id: string; name: string }; status: (typeof ORDER)[number] };
const idOf = ({ user }: Attendee) => user._id;

export function EventPage({ id }: { id: string }) {
  const { call } = useLinsta();
  const { data, error, reload } = useLoad(useCallback(() => call('GET /api/events/:id', { params: { id } }), [call, id]));
  const [event, setEvent] = useState<Gathering>();
  useEffect(() => setEvent(data), [data]);
  const fetchPage = useCallback(
    (before: string | undefined) => call('GET /api/events/:id/rsvps', { params: { id }, query: { limit: PAGE, before } }),
    [call, id],
  );
  const answers = usePages<Attendee>({ key: `rsvps ${id}`, pageSize: PAGE, fetchPage, idOf });
  const isMissing = error?.status === 404 || error?.status === 400;
  return (
    <div className="page">
      <PageHead title="Event" tabTitle={event?.title ?? 'Event'} back={{ href: '/events', label: 'Back to the events' }} />
      {isMissing && (
        <Empty icon="events" title="This event is not here">
          It may never have been. <Link href="/events">See what is on</Link>.
        </Empty>
      )}
      {error !== undefined && !isMissing && <ErrorNote error={error} onRetry={reload} />}
      {event === undefined && error === undefined && <Skeletons count={1} />}
      {event !== undefined && (
        <EventCard
          event={event}
          onAnswered={(answered) => {
            setEvent({ ...event, ...answered });
            answers.reload();
          }}
        />
      )}
      {event !== undefined && (
        <section className="card" aria-labelledby="who">
          <h2 id="who">Who comes</h2>
          {answers.error !== undefined && <ErrorNote error={answers.error} onRetry={answers.reload} />}
          {answers.items?.length === 0 && <p className="soft">Nobody has answered yet. Be the first.</p>}
          <ul className="people">
            {ORDER.flatMap((status) => answers.items?.filter((answer) => answer.status === status) ?? []).map(({ user, status }) => (
              <li className="row" key={user._id}>
                <Avatar id={user._id} name={user.name} small />
                <span className="cut grow">
                  <Name>{user.name}</Name>
                </span>
                <span className="soft small nowrap">{WORDS[status]}</span>
              </li>
            ))}
          </ul>
          {answers.hasMore && (
            <Button look={['wide']} onPress={answers.loadMore} isDisabled={answers.busy}>
              More people
            </Button>
          )}
        </section>
      )}
    </div>
  );
}
