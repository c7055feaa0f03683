// A block of code that is wider than its column can be scrolled with the keyboard.
document$.subscribe(() => {
  for (const code of document.querySelectorAll(".md-typeset pre > code"))
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0
})

// The dialog of the search has a name for screen readers.
// A search result leads to the item that was found, not to the top of the page that it is on.
document$.subscribe(() => {
  document.querySelector(".md-search[role=dialog]")?.setAttribute("aria-label", "Search")
  const list = document.querySelector(".md-search-result__list")
  if (!list || list.dataset.leads) return
  list.dataset.leads = "to the item"
  const score = link => parseFloat(link.querySelector("[data-md-score]")?.dataset.mdScore ?? "0")
  new MutationObserver(changes => {
    for (const { addedNodes } of changes)
      for (const found of addedNodes) {
        const [page, ...items] = found.querySelectorAll?.("a.md-search-result__link") ?? []
        const best = items.reduce((one, other) => (score(other) > score(one) ? other : one), page)
        if (best && best !== page) page.href = best.href
      }
  }).observe(list, { childList: true })
})

// Dashes before a word, as in --cooldown, are part of an option's name. The search would leave out what has the word.
const post = Worker.prototype.postMessage
Worker.prototype.postMessage = function (message, ...rest) {
  const asks = typeof message?.data === "string"
  return post.call(this, asks ? { ...message, data: message.data.replace(/(^|\s)-+(?=\w)/g, "$1") } : message, ...rest)
}
