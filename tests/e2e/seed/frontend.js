import io from 'socket.io-client';

const socket = io('http://localhost:5000', {
  auth: {
    token: localStorage.getItem('authToken'),
  },
});

socket.on('connect', () => {
  console.log('Connected to server');
});

socket.on('disconnect', () => {
  console.log('Disconnected from server');
});

socket.on('error', (error) => {
  console.error('Socket error:', error);
});

const chatRoomId = '66f1234567890abcdef01234';

socket.emit('join_room', { chatRoomId });

socket.on('user_joined', (data) => {
  console.log(`User ${data.userId} joined the room`);
});

// Send message
const sendMessage = (text) => {
  socket.emit('send_message', { chatRoomId, text });
};

// Receive message
socket.on('receive_message', (message) => {
  console.log('New message:', message);
  // Update UI with new message
});

socket.emit('subscribe_notifications');

socket.on('notification', (notification) => {
  console.log('New notification:', notification);
  // Show notification to user
  showNotificationAlert(notification.message);
});

socket.emit('get_history', {
  chatRoomId,
  limit: 50,
  skip: 0,
});

socket.on('message_history', ({ chatRoomId, messages }) => {
  console.log('Message history:', messages);
  // Display messages
});

export { sendMessage, socket };
