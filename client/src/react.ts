import { createContext, createElement, useContext, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import type { ConnectionState, Linsta, MessagesState, NotificationsState, PresenceState, RoomsState, Store } from './types.js';

const Context = createContext<Linsta | undefined>(undefined);

/** Gives one client to everything below. */
export function LinstaProvider({ linsta, children }: { linsta: Linsta; children?: ReactNode }) {
  return createElement(Context.Provider, { value: linsta }, children);
}

/** The client of the nearest `LinstaProvider`. */
export function useLinsta(): Linsta {
  const linsta = useContext(Context);
  if (linsta === undefined) throw new Error('useLinsta needs a LinstaProvider above');
  return linsta;
}

/** The value of a store, kept current. */
export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get, store.get);

export const useConnection = (): ConnectionState => useStore(useLinsta().connection);
export const useRooms = (): RoomsState => useStore(useLinsta().rooms);
export const useNotifications = (): NotificationsState => useStore(useLinsta().notifications);

/** A room's messages; loaded while something shows them. Actions: `useLinsta().messages(chatRoomId)`. */
export function useMessages(chatRoomId: string): MessagesState {
  const linsta = useLinsta();
  return useStore(useMemo(() => linsta.messages(chatRoomId), [linsta, chatRoomId]));
}

/** Who of these is online. A new array with the same ids changes nothing. */
export function usePresence(userIds: readonly string[]): PresenceState {
  const linsta = useLinsta();
  const key = [...userIds].sort().join(',');
  return useStore(useMemo(() => linsta.presence(key === '' ? [] : key.split(',')), [linsta, key]));
}
