/**
 * What of the ban mirror runs inside Redis; see `ban-mirror.ts` for the keys.
 *
 * A ban belongs to the mirror when it has a `decision_id` and its `banned_until` still says what the mirror wrote
 * (`banned_until_ms` repeats it): another program that lengthens a ban changes one and not the other.
 */

/**
 * KEYS: state. ARGV: holder, epoch, lease in ms, the server's time. Replies `[1, 0, Redis' time]` when the holder may write
 * from now on, `[0, ms that the other one still holds, Redis' time]` when not.
 */
export const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder = redis.call('HGET', KEYS[1], 'holder')
local untilMs = tonumber(redis.call('HGET', KEYS[1], 'held_until_ms') or '0') or 0
if holder and holder ~= ARGV[1] and untilMs > now then return {0, untilMs - now, now} end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'epoch', ARGV[2], 'ready', '0',
  'held_until_ms', string.format('%.0f', now + ARGV[3]))
return {1, 0, now}
`;

/** KEYS: state. ARGV: holder. What is written stays: only its keeper goes. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then redis.call('HSET', KEYS[1], 'held_until_ms', '0') end
return 0
`;

/** Texts of one row of `APPLY`. */
export const ROW_TEXTS = 11;

/**
 * KEYS: state, live, then the ban of each row (`live` again for rows without). ARGV: epoch, lease in ms, channel, message (empty:
 * none), number of texts for the state, these texts (field and value by turns), then rows of `ROW_TEXTS` texts: `put` or `drop`;
 * field; JSON; `ban`, `unban` or `none`; until in ms; until, reason, type, severity, time and id as they are written.
 * Permanent is an until of -1. Replies `['ok', bans left to others, keys of another type]`, or `['lost']` when somebody else
 * holds the mirror.
 */
export const APPLY = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return {'lost'} end
redis.call('HLEN', KEYS[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function parse(text)
  if not text then return nil end
  if string.match(text, '^%d+%.?%d*$') then
    local number = tonumber(text)
    return number < 1e11 and number * 1000 or number
  end
  local year, month, day, hour, minute, second, rest =
    string.match(text, '^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d)(.*)$')
  if not year then return nil end
  local fraction, zone = string.match(rest, '^(%.?%d*)(.*)$')
  local sign, hours, minutes = string.match(zone, '^([+-])(%d%d):?(%d%d)$')
  if not sign and zone ~= 'Z' and zone ~= '' then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month <= 2 then year = year - 1 end
  local era = math.floor(year / 400)
  local ofEra = year - era * 400
  local ofYear = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  local days = era * 146097 + ofEra * 365 + math.floor(ofEra / 4) - math.floor(ofEra / 100) + ofYear - 719468
  local seconds = days * 86400 + hour * 3600 + minute * 60 + second
  if sign then seconds = seconds - (sign == '+' and 1 or -1) * (hours * 3600 + minutes * 60) end
  return seconds * 1000 + math.floor((tonumber('0' .. fraction) or 0) * 1000 + 0.5)
end

-- 'none', 'own', 'wrong' or 'foreign', and until when a foreign one lasts (nil: nobody knows).
local function owner(key)
  local kind = redis.call('TYPE', key)['ok']
  if kind == 'none' then return 'none' end
  if kind ~= 'hash' then return 'wrong' end
  local found = redis.call('HMGET', key, 'banned_until', 'banned_until_ms', 'decision_id')
  local untilMs = parse(found[1])
  if found[3] and found[2] and untilMs and untilMs == tonumber(found[2]) then return 'own', untilMs end
  return 'foreign', untilMs
end

local kept, wrong = 0, 0
local states = tonumber(ARGV[5])
local row = 0
for at = 6 + states, #ARGV, ${ROW_TEXTS} do
  row = row + 1
  local key = KEYS[2 + row]
  local field, action, untilMs = ARGV[at + 1], ARGV[at + 3], tonumber(ARGV[at + 4])
  if ARGV[at] == 'put' then redis.call('HSET', KEYS[2], field, ARGV[at + 2]) else redis.call('HDEL', KEYS[2], field) end
  if action ~= 'none' then
    local whose, theirMs = owner(key)
    if whose == 'wrong' then
      wrong = wrong + 1
    elseif action == 'unban' then
      if whose == 'own' then redis.call('DEL', key) end
    elseif whose == 'foreign' and (theirMs == nil or untilMs >= 0 and theirMs >= untilMs) then
      kept = kept + 1
    else
      redis.call('HSET', key, 'banned_until', ARGV[at + 5], 'ban_reason', ARGV[at + 6], 'ban_type', ARGV[at + 7],
        'alert_severity', ARGV[at + 8], 'banned_at', ARGV[at + 9], 'decision_id', ARGV[at + 10],
        'banned_until_ms', string.format('%.0f', parse(ARGV[at + 5])))
      if untilMs < 0 then redis.call('PERSIST', key) else redis.call('PEXPIREAT', key, ARGV[at + 4]) end
    end
  end
end
for i = 6, 5 + states, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'held_until_ms', string.format('%.0f', now + ARGV[2]))
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return {'ok', kept, wrong}
`;
