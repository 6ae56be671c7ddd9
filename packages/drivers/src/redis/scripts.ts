/** Each touches one key only, so it runs on a Cluster. Lua's numbers are doubles, exact for safe integers. */

/** ARGV: what to add, ttl in ms or "". @returns `{1, value}`, `{0, "counter"}` or `{0, "range"}` */
export const incrementScript: string = `
local current = redis.call('GET', KEYS[1])
local limit = 9007199254740991
local value = 0
if current then
  if #current > 17 or not string.match(current, '^%-?%d+$') then return {0, 'counter'} end
  value = tonumber(current)
  if value > limit or value < -limit then return {0, 'counter'} end
end
value = value + tonumber(ARGV[1])
if value > limit or value < -limit then return {0, 'range'} end
local text = string.format('%.0f', value)
if current then redis.call('SET', KEYS[1], text, 'KEEPTTL')
elseif ARGV[2] ~= '' then redis.call('SET', KEYS[1], text, 'PX', ARGV[2])
else redis.call('SET', KEYS[1], text) end
return {1, text}`;

/** ARGV: owner, ms. @returns 1 when the owner still held the lease */
export const renewScript: string = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** ARGV: owner. @returns 1 when the owner still held the lease */
export const releaseScript: string = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
