import { useLinsta } from '@linsta/client/react';
import { useCallback } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icons';
import { ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { EventCard } from './event-card';
import '../styles/feed.css';

const WORDS = { going: 'is going', maybe: 'might come', declined: 'is not coming' };

export function EventPage({ id }: { id: string }) {
  const { call } = useLinsta();
  const { data: event, error, reload } = useLoad(useCallback(() => call('GET /api/events/:id', { params: { id } }), [call, id]));
  const answers = useLoad(useCallback(() => call('GET /api/events/:id/rsvps', { params: { id }, query: { limit: 100 } }), [call, id]));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Event</h1>
        <Link href="/events" className="row small">
          <Icon name="back" size={16} /> Events
        </Link>
      </div>
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {event === undefined && error === undefined && <Skeletons count={1} />}
      {event !== undefined && <EventCard event={event} onAnswered={answers.reload} />}
      <section className="card" aria-labelledby="who">
        <h2 id="who">Who comes</h2>
        <div className="people">
          {answers.data?.length === 0 && <p className="soft">Nobody has answered yet. Be the first.</p>}
          {answers.error !== undefined && <ErrorNote error={answers.error} onRetry={answers.reload} />}
          {answers.data?.map(({ user, status }) => (
            <div className="row" key={user._id}>
              <Avatar id={user._id} name={user.name} small />
              <span className="cut">{user.name}</span>
              <span className="soft small">{WORDS[status]}</span>
            </div>
          ))}
        </div>
      </section>
    </div>
  );
}
