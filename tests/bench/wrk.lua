-- A reader with a cookie, from many networks as behind a front proxy: the rate limits stay out of
-- the figures. The requests are made before the clock starts.
local requests, next = {}, 0
function init()
   local headers = {["Accept"] = os.getenv("ACCEPT"), ["Accept-Language"] = "en"}
   local cookie = os.getenv("COOKIE")
   if cookie and cookie ~= "" then headers["Cookie"] = cookie end
   for i = 0, 249 do
      headers["X-Forwarded-For"] = "10." .. i .. "." .. math.random(0, 255) .. ".1"
      requests[i] = wrk.format("GET", nil, headers)
   end
end
function request()
   next = (next + 1) % 250
   return requests[next]
end
