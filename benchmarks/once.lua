-- Sends every request of a file once, each on whichever connection is free, until the file or the time is
-- used up; then waits for the answers that are still due, so that successes can be counted to the last one.
-- Arguments: file of raw HTTP requests separated by NUL, seconds.
local ffi = require("ffi")
ffi.cdef([[
typedef struct { long seconds; long nanoseconds; } bench_timespec;
int clock_gettime(int clock, bench_timespec *into);
int getpid(void);
int kill(int pid, int signal);
int usleep(unsigned int microseconds);
]])

local MONOTONIC, SIGINT, NEVER_MS = 1, 2, 3600 * 1000
local timespec = ffi.new("bench_timespec")

local function now()
  ffi.C.clock_gettime(MONOTONIC, timespec)
  return tonumber(timespec.seconds) + tonumber(timespec.nanoseconds) / 1e9
end

local main_thread
function setup(thread)
  main_thread = thread
end

local text, from, budget, reserved, verified = "", 1, 0, 0, false
-- Globals, because only they can be read by `done`, which runs in another Lua state.
sent, answered, began, ended, statuses, sample = 0, 0, 0, 0, "", ""
local counts = {}

function init(args)
  local file = assert(io.open(args[1], "rb"))
  text = file:read("*a")
  file:close()
  budget = select(2, text:gsub("%z", ""))
  seconds = tonumber(args[2])
end

-- wrk asks for a delay before each request: 0 is "now". This is where a connection learns that no work is left.
function delay()
  if began == 0 then
    began = now()
  end
  if reserved >= budget or now() - began >= seconds then
    finish()
    return NEVER_MS
  end
  reserved = reserved + 1
  return 0
end

function request()
  local stop = text:find("\0", from, true)
  if not stop then -- a connection broke and came back for another request: nothing is left for it
    return "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
  end
  local raw = text:sub(from, stop - 1)
  if not verified then -- wrk tries the script once before it starts; that request isn't sent
    verified = true
    return raw
  end
  from = stop + 1
  sent = sent + 1
  return raw
end

function response(status, _, body)
  answered = answered + 1
  counts[status] = (counts[status] or 0) + 1
  ended = now()
  if status >= 300 and sample == "" then
    sample = body:sub(1, 300)
  end
  finish()
end

function finish()
  local over = reserved >= budget or now() - began >= seconds
  if not over or answered < sent or sent < reserved then
    return
  end
  local parts = {}
  for status, count in pairs(counts) do
    parts[#parts + 1] = string.format('"%d": %d', status, count)
  end
  statuses = table.concat(parts, ", ")
  if ended - began < 0.1 then -- wrk's first thread may not sleep yet: a signal would not wake it, and it would sleep on
    ffi.C.usleep(100000)
  end
  ffi.C.kill(ffi.C.getpid(), SIGINT) -- wrk's way of ending early, with its statistics
end

local function quoted(value)
  return '"' .. value:gsub('[%c"\\]', " ") .. '"'
end

function done(summary, latency, _)
  local t = main_thread
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"sent": %d, "answered": %d, "seconds": %.6f, "statuses": {%s}, "failure": %s, '
      .. '"p50_us": %d, "p90_us": %d, "p99_us": %d, "max_us": %d, '
      .. '"broken": %d, "timeouts": %d}\n',
    t:get("sent"), t:get("answered"), t:get("ended") - t:get("began"), t:get("statuses"), quoted(t:get("sample")),
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write, errors.timeout
  ))
end
