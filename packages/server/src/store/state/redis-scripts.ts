/**
 * What runs inside Redis. A script is one step for everybody else: that makes writes all-or-nothing, numbers gapless, and
 * publishes changes in the order of the commits.
 *
 * Keys, each behind the configured prefix:
 *
 *     documents:COLLECTION       hash: key → "VERSION REVISION JSON"
 *     document-keys:COLLECTION   sorted set of the keys, all with score 0: Redis orders them by their bytes
 *     revisions                  hash: collection → number of its commits; '' → a UUID made with the hash (the epoch)
 *     changes:COLLECTION         channel: {"epoch":…,"revision":…,"writes":[…]}, one message per commit
 *     log:NAME                   stream: SEQ-1 → at, value
 *     log-times:NAME             sorted set: SEQ by its time, for trimming
 *     log-heads                  hash: log → last number given; outlives the records
 *     lease:NAME                 string: the holder; expires by Redis' clock
 *
 * 1. Every script first reads each key that it is going to write, so that a key of another type fails before anything
 *    changes. What can fail after that is memory: Redis refuses the first write of a script when it is full, and no later
 *    one, so that is all or nothing, too.
 * 2. Texts of JSON pass through untouched: Lua's own JSON would make `[]` of `{}` and round large numbers.
 * 3. Numbers are printed with `%.0f`: Lua's own text of 10^15 is `1e+15`.
 */

/**
 * KEYS: revisions, then per collection documents and document-keys. ARGV: epoch for a fresh store, number of collections,
 * per collection name and channel; per write five texts: collection (from 1), `p` or `d`, key, version wanted
 * (or -1), JSON. Replies `['conflict', write from 0, version]`, or the revisions in the order of the collections.
 */
export const WRITE = `
redis.call('HLEN', KEYS[1])
local collections = tonumber(ARGV[2])
for c = 1, collections do
  redis.call('HLEN', KEYS[2 * c])
  redis.call('ZCARD', KEYS[2 * c + 1])
end
local first = 3 + 2 * collections
local versions, after = {}, {}
for at = first, #ARGV, 5 do
  local id = ARGV[at] .. ':' .. ARGV[at + 2]
  local stored = versions[id]
  if stored == nil then
    local value = redis.call('HGET', KEYS[2 * tonumber(ARGV[at])], ARGV[at + 2])
    stored = value and tonumber(string.match(value, '^%d+')) or 0
  end
  local wanted = tonumber(ARGV[at + 3])
  if wanted >= 0 and wanted ~= stored then return {'conflict', (at - first) / 5, stored} end
  versions[id] = ARGV[at + 1] == 'p' and stored + 1 or 0
  after[at] = versions[id]
end
redis.call('HSETNX', KEYS[1], '', ARGV[1])
local epoch = redis.call('HGET', KEYS[1], '')
local revisions, changes = {}, {}
for c = 1, collections do
  revisions[c] = redis.call('HINCRBY', KEYS[1], ARGV[2 * c + 1], 1)
  changes[c] = {}
end
for at = first, #ARGV, 5 do
  local c = tonumber(ARGV[at])
  local key, json = ARGV[at + 2], ARGV[at + 4]
  if ARGV[at + 1] == 'p' then
    redis.call('HSET', KEYS[2 * c], key, string.format('%.0f %.0f ', after[at], revisions[c]) .. json)
    redis.call('ZADD', KEYS[2 * c + 1], 0, key)
    table.insert(changes[c], '{"kind":"put","key":' .. cjson.encode(key) .. ',"value":' .. json .. '}')
  else
    redis.call('HDEL', KEYS[2 * c], key)
    redis.call('ZREM', KEYS[2 * c + 1], key)
    table.insert(changes[c], '{"kind":"delete","key":' .. cjson.encode(key) .. '}')
  end
end
for c = 1, collections do
  redis.call('PUBLISH', ARGV[2 * c + 2], '{"epoch":"' .. epoch .. '","revision":' .. string.format('%.0f', revisions[c])
    .. ',"writes":[' .. table.concat(changes[c], ',') .. ']}')
end
return revisions
`;

/**
 * KEYS: revisions, documents, document-keys. ARGV: collection, prefix. Replies epoch, revision, then key and text by turns.
 */
export const LIST = `
local out = {redis.call('HGET', KEYS[1], '') or '', redis.call('HGET', KEYS[1], ARGV[1]) or '0'}
local keys = redis.call('ZRANGEBYLEX', KEYS[3], '[' .. ARGV[2], '(' .. ARGV[2] .. '\\255')
for from = 1, #keys, 1000 do
  local till = math.min(from + 999, #keys)
  local values = redis.call('HMGET', KEYS[2], unpack(keys, from, till))
  for i = from, till do
    out[#out + 1] = keys[i]
    out[#out + 1] = values[i - from + 1] or ''
  end
end
return out
`;

/** KEYS: log-heads, log, log-times. ARGV: log, then time and JSON by turns. Replies the last number, as text. */
export const APPEND = `
redis.call('XLEN', KEYS[2])
redis.call('ZCARD', KEYS[3])
local seq = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if #ARGV == 1 then return string.format('%.0f', seq) end
for i = 2, #ARGV, 2 do
  seq = seq + 1
  local text = string.format('%.0f', seq)
  redis.call('XADD', KEYS[2], text .. '-1', 'at', ARGV[i], 'value', ARGV[i + 1])
  redis.call('ZADD', KEYS[3], ARGV[i], text)
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', seq))
return string.format('%.0f', seq)
`;

/** KEYS: log, log-times. ARGV: times below which to remove, at most so many. Replies how many went. */
export const TRIM = `
local seqs = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, seq in ipairs(seqs) do
  redis.call('XDEL', KEYS[1], seq .. '-1')
  redis.call('ZREM', KEYS[2], seq)
end
return #seqs
`;

/** KEYS: log, log-times. ARGV: numbers. */
export const REMOVE_RECORDS = `
redis.call('ZCARD', KEYS[2])
for _, seq in ipairs(ARGV) do
  redis.call('XDEL', KEYS[1], seq .. '-1')
  redis.call('ZREM', KEYS[2], seq)
end
return #ARGV
`;

/**
 * KEYS: log, log-copy. Writes the log anew, in one step: about 5 µs per record, during which Redis answers nobody. Numbers go on
 * from log-heads, so a log that is empty now may disappear.
 */
export const COPY_LOG = `
redis.call('DEL', KEYS[2])
local from = '-'
while true do
  local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1000)
  if #page == 0 then break end
  for _, record in ipairs(page) do redis.call('XADD', KEYS[2], record[1], unpack(record[2])) end
  from = '(' .. page[#page][1]
end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) else redis.call('DEL', KEYS[1]) end
return 0
`;

/** KEYS: lease. ARGV: holder, milliseconds. */
export const ACQUIRE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;

/** KEYS: lease. ARGV: holder. */
export const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`;
