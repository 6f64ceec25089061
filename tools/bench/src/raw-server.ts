import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

/**
 * R: what Socket.IO does at most with this load. No token, no store, no gateway; a message is sent
 * on to its room and acknowledged.
 */
const server = createServer();
const io = new Server(server, { perMessageDeflate: false, httpCompression: false, serveClient: false });
io.on('connection', (socket) => {
  socket.on('join', (room: string, done: () => void) => {
    void socket.join(room);
    done();
  });
  socket.on('send_message', ({ chatRoomId, text }: { chatRoomId: string; text: string }, done?: (answer: object) => void) => {
    const message = { chatRoomId, text, createdAt: new Date().toISOString() };
    io.to(chatRoomId).emit('receive_message', message);
    done?.({ ok: true, message });
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`),
);
