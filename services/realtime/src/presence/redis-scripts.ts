/** Times come from Redis, so that the clocks of the nodes do not matter. */
const PRELUDE = `
local online, leaving, seen, nodes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local tag, channel = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function connections(user) return tag .. ':user:' .. user end
local function listed(node) return tag .. ':node:' .. node end
local function leave(user, at, due)
  if redis.call('SCARD', connections(user)) > 0 then return end
  redis.call('ZADD', seen, at, user)
  redis.call('ZADD', leaving, due, user)
end
local function unlist(node, entry, due)
  local connection, user = string.match(entry, '^(.+) (%S+)$')
  if redis.call('SREM', connections(user), node .. ' ' .. connection) == 1 then leave(user, now, due) end
end
`;
/** Number of users whose last-seen times are kept. */
const MAX_SEEN = 1_000_000;

/** Each script runs atomically; its comment lists the arguments after tag and channel. */
export const scripts = {
  /** node, lease in ms → 1, or 0 for an unknown node. */
  renew: `${PRELUDE}
return 1 - redis.call('ZADD', nodes, now + ARGV[4], ARGV[3])`,

  /** node, connection, user. */
  connect: `${PRELUDE}
local node, connection, user = ARGV[3], ARGV[4], ARGV[5]
redis.call('SADD', listed(node), connection .. ' ' .. user)
redis.call('SADD', connections(user), node .. ' ' .. connection)
redis.call('ZREM', leaving, user)
if redis.call('SADD', online, user) == 1 then redis.call('PUBLISH', channel, user .. ' online') end
return 1`,

  /** node, connection, user, grace in ms. */
  disconnect: `${PRELUDE}
local entry = ARGV[4] .. ' ' .. ARGV[5]
if redis.call('SREM', listed(ARGV[3]), entry) == 1 then unlist(ARGV[3], entry, now + ARGV[6]) end
return 1`,

  /** node, grace in ms: removes the node and its connections. */
  leave: `${PRELUDE}
for _, entry in ipairs(redis.call('SMEMBERS', listed(ARGV[3]))) do unlist(ARGV[3], entry, now + ARGV[4]) end
redis.call('DEL', listed(ARGV[3]))
redis.call('ZREM', nodes, ARGV[3])
return 1`,

  /**
   * Removes the connections of nodes whose lease expired, and publishes users whose grace is over
   * as offline. Each step is bounded.
   */
  sweep: `${PRELUDE}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', nodes, '-inf', now, 'LIMIT', 0, 5)) do
  for _, entry in ipairs(redis.call('SPOP', listed(node), 500)) do unlist(node, entry, now) end
  if redis.call('EXISTS', listed(node)) == 0 then redis.call('ZREM', nodes, node) end
end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', leaving, '-inf', now, 'LIMIT', 0, 500)) do
  redis.call('ZREM', leaving, user)
  if redis.call('SCARD', connections(user)) == 0 and redis.call('SREM', online, user) == 1 then
    redis.call('PUBLISH', channel, user .. ' offline ' .. redis.call('ZSCORE', seen, user))
  end
end
redis.call('ZREMRANGEBYRANK', seen, 0, -${MAX_SEEN + 1})
return 1`,

  /** users → for each whether online, and when last seen in ms. */
  read: `${PRELUDE}
local rows = {}
for at = 3, #ARGV do
  rows[#rows + 1] = { redis.call('SISMEMBER', online, ARGV[at]), tostring(redis.call('ZSCORE', seen, ARGV[at]) or 0) }
end
return rows`,
} as const;
