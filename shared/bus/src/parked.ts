import { createHash } from 'node:crypto';
import type { ParkedEvent } from './bus';

/** A parked event as an operator sees it. */
export interface ParkedLine extends ParkedEvent {
  id: string;
  /** So often is the very same event parked; re-driven and discarded together. */
  copies: number;
  /** It was re-driven, and its consumer has not handled it yet. */
  redriving: boolean;
}

/** Parked events of the whole product, wherever its bus keeps them. */
export interface ParkedEvents {
  /** Oldest first. */
  list(): Promise<ParkedLine[]>;
  /**
   * Brings them back to their consumers; answers how many there were. A crash in the middle leaves
   * an event parked, or brings it twice: consumers know it by its id.
   */
  redrive(ids: string[]): Promise<number>;
  /** For good. Answers whether it was there. */
  discard(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Derived from the queue and the event, so that an event parked twice, e.g. around a crash, is one
 * entry.
 */
export const parkedIdOf = (queue: string, raw: string | Buffer): string =>
  createHash('sha256').update(`${queue}\n`).update(raw).digest('hex').slice(0, 12);
