import React, { useEffect, useState } from 'react';
import io from 'socket.io-client';

function ChatRoom({ chatRoomId }) {
  const [messages, setMessages] = useState([]);
  const [newMessage, setNewMessage] = useState('');
  const [socket, setSocket] = useState(null);

  useEffect(() => {
    // Connect socket
    const token = localStorage.getItem('authToken');
    const newSocket = io('http://localhost:5000', {
      auth: { token },
    });

    // Join room
    newSocket.emit('join_room', { chatRoomId });

    // Listen for messages
    newSocket.on('receive_message', (message) => {
      setMessages((prev) => [...prev, message]);
    });

    // Load message history
    newSocket.emit('get_history', { chatRoomId, limit: 50 });
    newSocket.on('message_history', ({ messages }) => {
      setMessages(messages);
    });

    setSocket(newSocket);

    return () => newSocket.disconnect();
  }, [chatRoomId]);

  const handleSendMessage = (e) => {
    e.preventDefault();
    if (!newMessage.trim()) return;

    socket.emit('send_message', { chatRoomId, text: newMessage });
    setNewMessage('');
  };

  return (
    <div>
      <div className="messages">
        {messages.map((msg) => (
          <div key={msg._id} className="message">
            <strong>{msg.senderId.name}:</strong> {msg.text}
            <small>{new Date(msg.createdAt).toLocaleTimeString()}</small>
          </div>
        ))}
      </div>

      <form onSubmit={handleSendMessage}>
        <input type="text" value={newMessage} onChange={(e) => setNewMessage(e.target.value)} placeholder="Type a message..." />
        <button type="submit">Send</button>
      </form>
    </div>
  );
}

export default ChatRoom;
