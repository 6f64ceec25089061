import type { Presence } from '@linsta/contracts';

/**
 * Who is online: everybody with at least one live lease, one lease per connection. When the last
 * one goes, a short grace passes before the change is told, so that a reload does not flicker.
 * Changes are told once each, to every node.
 */
export interface PresenceStore {
  connected(userId: string, connectionId: string): Promise<void>;
  disconnected(userId: string, connectionId: string): Promise<void>;
  /** In the order of the question. */
  of(userIds: string[]): Promise<Presence[]>;
  onChange(listener: (presence: Presence) => void): void;
  close(): Promise<void>;
}
