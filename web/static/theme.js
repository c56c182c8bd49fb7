/* Before the first paint: the colours that the reader chose. Cached pages don't know them. */
(function () {
  var m = document.cookie.match(/(?:^|; )(?:__Host-)?theme=(light|dark)/);
  if (m) document.documentElement.setAttribute("data-theme", m[1]);
})();
