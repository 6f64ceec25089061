/** Names of the Socket.IO rooms, which select the sockets of a push. */
export const userRoom = (userId: string) => `user:${userId}`;
export const sessionRoom = (sid: string) => `session:${sid}`;
export const chatRoom = (chatRoomId: string) => `room:${chatRoomId}`;
export const notificationRoom = (userId: string) => `bell:${userId}`;
export const watchersRoom = (userId: string) => `watch:${userId}`;
/** Sockets that received this notification while catching up, and must not receive it live. */
export const gotRoom = (notificationId: string) => `got:${notificationId}`;
