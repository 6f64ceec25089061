import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { EventCard } from './event-card';
import '../styles/feed.css';

const WORDS = { going: 'is going', maybe: 'might come', declined: 'is not coming' };
const ORDER = ['going', 'maybe', 'declined'] as const;

export function EventPage({ id }: { id: string }) {
  const { call } = useLinsta();
  const { data: event, error, reload } = useLoad(useCallback(() => call('GET /api/events/:id', { params: { id } }), [call, id]));
  const answers = useLoad(useCallback(() => call('GET /api/events/:id/rsvps', { params: { id }, query: { limit: 100 } }), [call, id]));
  return (
    <div className="page">
      <PageHead title="Event" back={{ href: '/events', label: 'Back to the events' }} />
      {error?.status === 404 && (
        <Empty icon="events" title="This event is not here">
          It may never have been. <Link href="/events">See what is on</Link>.
        </Empty>
      )}
      {error !== undefined && error.status !== 404 && <ErrorNote error={error} onRetry={reload} />}
      {event === undefined && error === undefined && <Skeletons count={1} />}
      {event !== undefined && <EventCard event={event} onAnswered={answers.reload} />}
      {event !== undefined && (
        <section className="card" aria-labelledby="who">
          <h2 id="who">Who comes</h2>
          <ul className="people">
            {answers.data?.length === 0 && <li className="soft">Nobody has answered yet. Be the first.</li>}
            {answers.error !== undefined && <ErrorNote error={answers.error} onRetry={answers.reload} />}
            {ORDER.flatMap((status) => answers.data?.filter((answer) => answer.status === status) ?? []).map(({ user, status }) => (
              <li className="row" key={user._id}>
                <Avatar id={user._id} name={user.name} small />
                <span className="cut grow">{user.name}</span>
                <span className="soft small">{WORDS[status]}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
