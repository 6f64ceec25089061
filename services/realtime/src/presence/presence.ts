import type { Presence } from '@linsta/contracts';

/**
 * Who is online: every user with at least one live lease, one lease per connection. After the last
 * lease ends, a short grace passes before the change is published, so that a reload does not
 * flicker. Each change is published once to every node.
 */
export interface PresenceStore {
  connected(userId: string, connectionId: string): Promise<void>;
  disconnected(userId: string, connectionId: string): Promise<void>;
  /** In the order of `userIds`. */
  of(userIds: string[]): Promise<Presence[]>;
  onChange(listener: (presence: Presence) => void): void;
  close(): Promise<void>;
}
