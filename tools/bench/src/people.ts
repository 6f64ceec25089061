/** What a load needs of the product's REST calls before it begins. */

export async function call<T>(url: string, path: string, body: unknown, token?: string): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
export interface Registered {
  token: string;
  user: { _id: string };
}
export const register = (url: string, name: string) =>
  call<Registered>(url, '/api/auth/register', {
    name,
    email: `${name}@example.com`,
    password: 'correct horse',
  });

export const openRoom = async (url: string, one: Registered, other: Registered): Promise<string> =>
  (await call<{ chatRoomId: string }>(url, '/api/chat/rooms', { otherUserId: other.user._id }, one.token)).chatRoomId;
