// A search result leads to the item that was found, not to the top of the page that it is on.
document$.subscribe(() => {
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
