-- Sends one and the same request again and again. Arguments: method, body ("" for none).
-- Neither `request` nor `response` is defined, so that wrk itself stays out of Lua while the clock runs.
function init(args)
  wrk.method = args[1]
  wrk.body = args[2] ~= "" and args[2] or nil
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"answered": %d, "seconds": %.6f, "unsuccessful": %d, '
      .. '"p50_us": %d, "p90_us": %d, "p99_us": %d, "max_us": %d, '
      .. '"broken": %d, "timeouts": %d}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write, errors.timeout
  ))
end
