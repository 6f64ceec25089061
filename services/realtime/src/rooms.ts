/** Names of the Socket.IO rooms, which select the sockets of a push. */
export const userRoom = (userId: string) => `user:${userId}`;
export const sessionRoom = (sid: string) => `session:${sid}`;
export const chatRoom = (chatRoomId: string) => `room:${chatRoomId}`;
export const notificationRoom = (userId: string) => `bell:${userId}`;
export const watchersRoom = (userId: string) => `watch:${userId}`;
/**
 * Sockets that got this version of a notification while they caught up: no live push repeats it.
 */
export const gotRoom = (versionId: string) => `got:${versionId}`;
