import type { Gathering } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useCallback, useState } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { PageHead } from '../ui/page-head';
import { useNow } from '../ui/people';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { usePages } from '../ui/use-pages';
import { EventCard } from './event-card';
import { NewEvent } from './new-event';
import '../styles/feed.css';

const PAGE = 100;
const idOf = ({ _id }: Gathering) => _id;
const startOf = ({ startsAt }: Gathering) => new Date(startsAt).getTime();

/** The next one first; past ones follow, the latest first. */
export function EventsPage() {
  const { call } = useLinsta();
  const fetchPage = useCallback((before: string | undefined) => call('GET /api/events', { query: { limit: PAGE, before } }), [call]);
  const events = usePages<Gathering>({ key: 'events', pageSize: PAGE, fetchPage, idOf });
  const [creating, setCreating] = useState(false);
  const now = useNow();
  const upcoming = (events.items ?? []).filter((event) => startOf(event) >= now).sort((a, b) => startOf(a) - startOf(b));
  const past = (events.items ?? []).filter((event) => startOf(event) < now).sort((a, b) => startOf(b) - startOf(a));
  const toCard = (event: Gathering) => (
    <EventCard
      event={event}
      key={event._id}
      onAnswered={(answered) => events.change((all) => all.map((old) => (old._id === event._id ? { ...old, ...answered } : old)))}
    />
  );
  return (
    <div className="page">
      <PageHead title="Events">
        <Button look={['primary']} onPress={() => setCreating(true)}>
          <Icon name="plus" size={18} /> New event
        </Button>
      </PageHead>
      {events.error !== undefined && <ErrorNote error={events.error} onRetry={events.reload} />}
      {events.items === undefined && events.error === undefined && <Skeletons />}
      {events.items !== undefined && upcoming.length === 0 && (
        <Empty icon="events" title="No events ahead">
          Create one, and see who comes.
        </Empty>
      )}
      {upcoming.map(toCard)}
      {past.length > 0 && (
        <section className="stack" aria-labelledby="past">
          <h2 id="past">Past events</h2>
          {past.map(toCard)}
        </section>
      )}
      {events.hasMore && (
        <Button onPress={events.loadMore} isDisabled={events.busy}>
          More events
        </Button>
      )}
      {creating && (
        <NewEvent
          onClose={() => setCreating(false)}
          onCreated={(event) => {
            events.change((all) => [event, ...all.filter(({ _id }) => _id !== event._id)]);
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}
