// One camera: its state, its ledger, its progress, and its rows, the newest on top.

class Camera {
  constructor(name) {
    this.name = name;
    this.rows = new Map();
    this.state = make("span", "state");
    this.newest = make("span", "newest");
    this.when = make("span", "dim");
    this.trouble = make("div", "trouble");
    this.film = make("progress", "film");
    this.progress = make("div", "dim");
    this.bar = make("div", "bar");
    this.legend = make("div", "legend dim");
    this.lost = make("div", "lost");
    this.facts = make("div", "facts", this.film, this.progress, this.bar, this.legend, this.lost);
    for (const one of [this.trouble, this.film, this.bar, this.lost, this.legend]) one.hidden = true;
    this.list = make("div", "rows");
    this.head = button("", "camera-head", () => this.unfold(!this.node.classList.contains("open")));
    this.head.append(make("span", "name", name || "items"), this.state, this.newest, this.when);
    this.head.setAttribute("aria-expanded", "false");
    this.node = make("section", "camera", this.head, this.trouble, this.facts, this.list);
    this.node.dataset.camera = name;
  }

  unfold(open) {
    this.node.classList.toggle("open", open);
    this.head.setAttribute("aria-expanded", String(open));
  }

  /** Take what the kernel says of the camera now. */
  take(facts) {
    say(this.state, facts.paused ? `${facts.state}, paused` : facts.state);
    this.node.classList.toggle("troubled", facts.troubled);
    say(this.trouble, facts.why ? `${this.name}: ${facts.why}` : "");
    say(this.lost, facts.lost.join("\n"));
    say(this.progress, facts.progress ? facts.progress.words : "");
    this.film.hidden = !facts.progress;
    if (facts.progress) this.film.value = facts.progress.share;
    this.takeCounts(facts.counts);
  }

  takeCounts(counts) {
    const sum = counts.reduce((all, [, , frames]) => all + frames, 0);
    this.bar.hidden = this.legend.hidden = sum === 0;
    if (this.bar.childElementCount !== counts.length) {
      this.bar.replaceChildren(...counts.map(([kind, term]) => Object.assign(make("div", kind), { title: term })));
      this.legend.replaceChildren(...counts.map(([kind]) => make("span", "", make("i", kind), make("span", ""))));
    }
    counts.forEach(([kind, term, frames], at) => {
      this.bar.children[at].className = kind;
      this.bar.children[at].style.width = `${(100 * frames) / sum}%`;
      this.legend.children[at].firstChild.className = kind;
      say(this.legend.children[at].lastChild, `${frames.toLocaleString("en")} ${term}`);
    });
  }

  /** Add a row at its place: rows that are there are left alone, and so is what is selected or plays in them. */
  add(row) {
    const id = row.facts.id;
    const after = [...this.list.children].find((node) => Number(node.dataset.row) < id);
    this.list.insertBefore(row.node, after || null);
    this.rows.set(id, row);
    if (this.list.firstChild === row.node) {
      this.newest.replaceChildren(row.facts.error, ...inline(row.facts.text.split("\n")[0]));
      say(this.when, `${row.facts.when}${row.facts.beside ? `, ${row.facts.beside}` : ""}`);
    }
  }

  drop(id) {
    this.rows.get(id)?.remove();
    this.rows.delete(id);
  }

  /** Hide what does not have a text in it; a camera whose name has it is shown whole. */
  filter(text) {
    const named = this.name.toLowerCase().includes(text);
    let found = named;
    for (const row of this.rows.values()) {
      const has = named || row.has(text);
      row.node.classList.toggle("filtered", !has);
      found ||= has;
    }
    this.node.classList.toggle("filtered", !found);
  }
}
