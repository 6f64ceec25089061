import type { KeyValueStorage } from '../core/key-value.js';
import type { NetworkOptions } from '../core/settings.js';
import type { Store } from '../core/store.js';

export interface SessionUser {
  _id: string;
  name: string;
  email: string;
  avatarUrl: string | null;
  /** Absent until the server has sent it. */
  privacy?: { readReceipts: boolean; presence: boolean };
}
export type SessionState =
  /** On a server and while a page is hydrated: what this browser keeps is read afterwards. */
  | { status: 'restoring'; user?: undefined }
  | { status: 'signed-in'; user: SessionUser }
  | {
      status: 'signed-out';
      user?: undefined;
      /**
       * The server has not confirmed the last sign-out yet: the session may still be used
       * elsewhere. It is retried.
       */
      logoutPending?: true;
      /** The session was ended on the server, e.g. from another device or because it expired. */
      ended?: true;
    };

/**
 * Accounts of Linsta's own users service: keeps tokens fresh and all tabs of a browser consistent.
 */
export interface Session extends Store<SessionState> {
  register(input: { name: string; email: string; password: string }): Promise<void>;
  login(input: { email: string; password: string }): Promise<void>;
  /**
   * Signs out here and in the other tabs at once, and ends the session on the server. Resolves
   * after the first request; `logoutPending` stays set until a request was answered, over reloads
   * too.
   */
  logout(): Promise<void>;
  /** For `createLinsta`. Throws `LinstaError` `SIGNED_OUT` without a session. */
  getToken(options?: { force?: boolean }): Promise<string>;
  updateProfile(patch: {
    name?: string;
    avatarUrl?: string | null;
    /** What other users see of this one, and this one of them. */
    privacy?: { readReceipts?: boolean; presence?: boolean };
  }): Promise<void>;
  /** Stops listening to other tabs; any later use starts it again. */
  close(): void;
}
export interface SessionOptions extends NetworkOptions {
  /**
   * Where the session is kept: `localStorage` in a browser unless given; `memory` keeps it nowhere.
   */
  storage?: KeyValueStorage | 'memory';
  /** Distinguishes several sessions on one page. */
  name?: string;
}
