/** Limits that a load from one address would meet at once. */
export const UNLIMITED = {
  ...Object.fromEntries(
    ['AUTH_RATE_LIMIT', 'RATE_LIMIT', 'USER_RATE_LIMIT', 'SOCKET_RATE_LIMIT'].map((name) => [`${name}_PER_MINUTE`, '1000000']),
  ),
  NEW_ROOMS_PER_HOUR: '1000000',
  MAX_CONNECTIONS_PER_ADDRESS: '9000',
  MAX_SOCKETS_PER_USER: '9000',
  EVENTS_PER_SECOND: '100000',
  EVENTS_BURST: '100000',
};
