'use client';

import { createContext, createElement, useContext, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import { select, type Store } from './core/store.js';
import type { ConnectionState, Linsta, MessagesState, NotificationsState, PresenceState, RoomsState, TypingState } from './types.js';

const Context = createContext<Linsta | undefined>(undefined);

/** Gives one client to all components below. */
export function LinstaProvider({ linsta, children }: { linsta: Linsta; children?: ReactNode }) {
  return createElement(Context.Provider, { value: linsta }, children);
}

/** The client of the nearest `LinstaProvider`. */
export function useLinsta(): Linsta {
  const linsta = useContext(Context);
  if (linsta === undefined) throw new Error('useLinsta needs a LinstaProvider above');
  return linsta;
}

/**
 * The value of a store, kept current. On a server and while a page is hydrated it is the store's
 * server snapshot, so that both sides render the same.
 */
export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get, store.getServerSnapshot ?? store.get);

/**
 * A part of a store's value: renders again only when that part changed. `selector` must not change
 * between renders, e.g. a function outside of the component.
 */
export const useSelected = <T, U>(store: Store<T>, selector: (value: T) => U): U =>
  useStore(useMemo(() => select(store, selector), [store, selector]));

export const useConnection = (): ConnectionState => useStore(useLinsta().connection);
export const useRooms = (): RoomsState => useStore(useLinsta().rooms);
export const useNotifications = (): NotificationsState => useStore(useLinsta().notifications);

/**
 * A room's messages, loaded while a component shows them. Actions:
 * `useLinsta().messages(chatRoomId)`.
 */
export function useMessages(chatRoomId: string): MessagesState {
  const linsta = useLinsta();
  return useStore(useMemo(() => linsta.messages(chatRoomId), [linsta, chatRoomId]));
}

/** Ids of the other participants who are typing in a room. */
export function useTyping(chatRoomId: string): TypingState {
  const linsta = useLinsta();
  return useStore(useMemo(() => linsta.typing(chatRoomId), [linsta, chatRoomId]));
}

/** Which of these people are online. A new array with the same ids changes nothing. */
export function usePresence(userIds: readonly string[]): PresenceState {
  const linsta = useLinsta();
  const key = [...userIds].sort().join(',');
  return useStore(useMemo(() => linsta.presence(key === '' ? [] : key.split(',')), [linsta, key]));
}
