"""What a Redis server does in one step: scripts, each with its keys and arguments.

The first argument is the time in unix seconds; where it is empty, the server's own clock counts.
"""

from __future__ import annotations

DAY = 86_400

BEHIND = 7 * DAY
"""Seconds for which a stale entry is still told."""

LONGEST = 3650 * DAY
"""Seconds to live from which on an entry is kept for good."""

COUNTED = 100 * DAY
"""Seconds for which a counter is kept after it was last counted on."""

STEP = 1000
"""Keys that one step of a walk looks at: whoever else asks the server waits meanwhile."""

NOW = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end
"""

# keys: entries. args: now, then the value of each
WRITE = f"""{NOW}
for place, key in ipairs(KEYS) do
  local value = ARGV[place + 1]
  local fetched, expires = struct.unpack('<dd', value)
  local held = redis.call('GETRANGE', key, 0, 7)
  if held == '' or struct.unpack('<d', held) <= fetched then
    local lasts = expires - now + {BEHIND}
    if lasts > {LONGEST} then
      redis.call('SET', key, value)
    else
      redis.call('SET', key, value, 'PX', string.format('%.0f', math.max(1, lasts * 1000)))
    end
  end
end
"""

# args: now, cursor, pattern. Gives the next cursor, then keys and values by turns
SCAN = """
local step = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', 100)
local told = {step[1]}
for _, key in ipairs(step[2]) do
  local value = redis.call('GET', key)
  if value then
    told[#told + 1] = key
    told[#told + 1] = value
  end
end
return told
"""

# args: now, cursor, pattern. Gives the next cursor, how many entries, their bytes
SIZES = f"""
local step = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', {STEP})
local bytes = 0
for _, key in ipairs(step[2]) do
  bytes = bytes + #key + redis.call('STRLEN', key)
end
return {{step[1], #step[2], bytes}}
"""

# args: now, cursor, pattern, whether stale ones alone. Gives the next cursor, how many entries
PURGE = f"""{NOW}
local step = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', {STEP})
local count = 0
for _, key in ipairs(step[2]) do
  local expires = redis.call('GETRANGE', key, 8, 15)
  if ARGV[4] == '0' or (expires ~= '' and struct.unpack('<d', expires) <= now) then
    count = count + redis.call('UNLINK', key)
  end
end
return {{step[1], count}}
"""

# A counter's reservations are a hash: by id, when they end and how much they are.
_HELD = f"""{NOW}
local function sum(key)
  local total = 0
  local all = redis.call('HGETALL', key)
  for place = 1, #all, 2 do
    local ends, amount = struct.unpack('<dd', all[place + 1])
    if ends > now then
      total = total + amount
    else
      redis.call('HDEL', key, all[place])
    end
  end
  return total
end
"""

# keys: reservations
HELD = f"{_HELD} return sum(KEYS[1])"

# keys: counter, reservations. args: now, id, amount, limit, seconds. Gives whether there was so much
RESERVE = f"""{_HELD}
local counted = tonumber(redis.call('GET', KEYS[1]) or 0)
if counted + sum(KEYS[2]) + ARGV[3] > tonumber(ARGV[4]) then
  return 0
end
redis.call('HSET', KEYS[2], ARGV[2], struct.pack('<dd', now + ARGV[5], ARGV[3]))
redis.call('EXPIRE', KEYS[2], {COUNTED})
return 1
"""

# keys: reservations, then counters. args: now, id, what was spent of it, then the amount for each counter
ADD = f"""
for place = 2, #KEYS do
  redis.call('INCRBY', KEYS[place], ARGV[place + 2])
  redis.call('EXPIRE', KEYS[place], {COUNTED})
end
local held = redis.call('HGET', KEYS[1], ARGV[2])
if held then
  local ends, amount = struct.unpack('<dd', held)
  redis.call('HSET', KEYS[1], ARGV[2], struct.pack('<dd', ends, math.max(0, amount - ARGV[3])))
end
"""

# keys: claims. args: now, whose, seconds. Gives 1 for each that was free
CLAIM = f"""{NOW}
local got = {{}}
for place, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if held and struct.unpack('<d', held) > now then
    got[place] = 0
  else
    local value = struct.pack('<d', now + ARGV[3]) .. ARGV[2]
    redis.call('SET', key, value, 'PX', string.format('%.0f', math.max(1, ARGV[3] * 1000)))
    got[place] = 1
  end
end
return got
"""

# keys: claims. args: now, whose
UNCLAIM = """
for _, key in ipairs(KEYS) do
  if redis.call('GETRANGE', key, 8, -1) == ARGV[2] then
    redis.call('DEL', key)
  end
end
"""

# A call takes the place that is free next and moves it on by its share of a second; it goes ahead of its place by as
# much as a burst lasts. After a refusal the slowed rate counts, which doubles for each so many quiet seconds.
_RATE = f"""{NOW}
local free, ahead, slowed, quiet, refused = 0, 0, 0, 0, 0
local state = redis.call('GET', KEYS[1])
if state then
  free, ahead, slowed, quiet, refused = struct.unpack('<ddddd', state)
end
free = math.max(free, now)
local rate = tonumber(ARGV[2])
if slowed > 0 then
  rate = math.min(rate, slowed * 2 ^ math.floor(math.max(0, now - refused) / quiet))
end
local function keep()
  redis.call('SET', KEYS[1], struct.pack('<ddddd', free, ahead, slowed, quiet, refused), 'EX', {DAY})
end
"""

# keys: pace. args: now, rate, burst. Gives the seconds to wait
PACE = f"""{_RATE}
ahead = (ARGV[3] - 1) / ARGV[2]
local wait = math.max(0, free - ahead - now)
free = free + 1 / rate
keep()
return string.format('%.6f', wait)
"""

# keys: pace. args: now, rate, slowest, seconds. A refusal uses up the burst too
SLOW_DOWN = f"""{_RATE}
free = math.max(free, now + ahead)
slowed = math.max(tonumber(ARGV[3]), rate / 2)
quiet = math.max(0.001, tonumber(ARGV[4]))
refused = now
keep()
"""

# The next place comes so many seconds behind the one `most` places before. Where the clock was set back, nobody waits
# for an hour that comes twice.
# keys: window. args: now, most, seconds. Gives the seconds to wait
WINDOW = f"""{NOW}
local most, seconds = tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('GET', KEYS[1])
local places = {{}}
if state then
  local back = math.max(0, struct.unpack('<d', state) - now)
  for at = math.max(9, #state - 8 * most + 1), #state, 8 do
    places[#places + 1] = struct.unpack('<d', state, at) - back
  end
end
local place = math.max(now, places[#places] or now)
if #places == most then
  place = math.max(place, table.remove(places, 1) + seconds)
end
places[#places + 1] = place
for number, each in ipairs(places) do
  places[number] = struct.pack('<d', each)
end
local lasts = math.ceil(place - now + seconds) + {DAY}
redis.call('SET', KEYS[1], struct.pack('<d', now) .. table.concat(places), 'EX', lasts)
return string.format('%.6f', place - now)
"""
