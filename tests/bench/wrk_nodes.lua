-- Visitors of fifty nodes in turn, n1.localhost and on: a page from the cache, an actor's document and
-- a page with a form, which no cache has.
local requests, next = {}, 0
function init()
   for i = 0, 149 do
      local headers = {["Host"] = "n" .. (1 + i % 50) .. ".localhost", ["Accept-Language"] = "en",
                       ["X-Forwarded-For"] = "10." .. i .. "." .. math.random(0, 255) .. ".1"}
      local kind = math.floor(i / 50)
      headers["Accept"] = kind == 1 and "application/activity+json" or "text/html"
      requests[i] = wrk.format("GET", kind == 2 and "/login" or "/@tea", headers)
   end
end
function request()
   next = (next + 7) % 150
   return requests[next]
end
