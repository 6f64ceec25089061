import { useLinsta } from '@linsta/client/react';
import { useCallback, useState } from 'react';
import { Button } from '../ui/controls';
import { Icon } from '../ui/icons';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { useLoad } from '../ui/use-load';
import { EventCard } from './event-card';
import { NewEvent } from './new-event';
import '../styles/feed.css';

export function EventsPage() {
  const { call } = useLinsta();
  const { data: events, error, reload, set } = useLoad(useCallback(() => call('GET /api/events', { query: { limit: 50 } }), [call]));
  const [creating, setCreating] = useState(false);
  return (
    <div className="page">
      <PageHead title="Events">
        <Button look={['primary']} onPress={() => setCreating(true)}>
          <Icon name="plus" size={18} /> New event
        </Button>
      </PageHead>
      {error !== undefined && <ErrorNote error={error} onRetry={reload} />}
      {events === undefined && error === undefined && <Skeletons />}
      {events?.length === 0 && (
        <Empty icon="events" title="No events yet">
          Create one, and see who comes.
        </Empty>
      )}
      {events?.map((event) => (
        <EventCard event={event} key={event._id} />
      ))}
      {creating && (
        <NewEvent
          onClose={() => setCreating(false)}
          onCreated={(event) => {
            set((now) => [event, ...now]);
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}
