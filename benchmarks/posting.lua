-- Posts bodies in turn. Arguments after `--`: a file whose first lines are headers, then an empty line, then one body a line.
-- Where the first body has `@@`, it is sent each time with something new in its place.
local made, n = {}, 0
local changing, base, sent

function init(args)
  local headers, bodies, within = {}, {}, true
  for line in io.lines(args[1]) do
    if within and line == "" then
      within = false
    elseif within then
      local name, value = line:match("^(.-): (.*)$")
      headers[name] = value
    else
      bodies[#bodies + 1] = line
    end
  end
  if bodies[1]:find("@@", 1, true) then
    math.randomseed(os.time())
    changing, base, sent = bodies[1], os.time() .. "_" .. math.random(1000000) .. "_", headers
    return
  end
  for i, body in ipairs(bodies) do made[i] = wrk.format("POST", nil, headers, body) end
end

function request()
  n = n + 1
  if changing then return wrk.format("POST", nil, sent, (changing:gsub("@@", base .. n))) end
  return made[n % #made + 1]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"seconds":%.4f,"p50":%.3f,"p95":%.3f,"p99":%.3f,"errors":%d}\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
