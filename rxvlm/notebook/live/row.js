// One row: when, what the model saw, what it said; and unfolded, its clip.

const HIGHEST = 260; // pixels of a clip: it is seen whole in a view of the usual height

class Row {
  /**
   * @param facts What the kernel says of the row; it never changes.
   * @param pictures Bytes of its JPEGs.
   * @param ask Asks the kernel for its clip.
   */
  constructor(facts, pictures, ask) {
    this.facts = facts;
    this.ask = ask;
    this.addresses = [];
    this.clip = null;
    this.wanted = 0;
    this.shown = make("div", "clip");
    this.shown.hidden = true;
    const when = make("div", "when", make("div", "", facts.when), make("div", "dim", facts.beside));
    const said = make("div", "said", ...this.said(), ...hidden("value", facts.value), ...hidden("thought", facts.thought));
    this.node = make("div", facts.error ? "row bad" : "row", when, this.strip(pictures), said, this.shown);
    this.node.dataset.row = facts.id;
  }

  said() {
    const { text, error, html } = this.facts;
    if (html) {
      const frame = make("iframe", "");
      frame.setAttribute("sandbox", ""); // it runs no script, and reads nothing of this page
      frame.srcdoc = html;
      return [frame];
    }
    const named = error ? [make("strong", "", error)] : [];
    return [...named, ...folding(text, "answer")];
  }

  strip(pictures) {
    const shown = this.facts.pictures.map((picture, at) => {
      const image = make("img", "");
      Object.assign(image, { width: picture.width, height: picture.height, alt: picture.alt, src: this.keep(pictures[at], "image/jpeg") });
      const open = button("", "picture", () => this.toggle(at));
      open.title = this.facts.clip ? `${picture.alt}: click to see the clip` : picture.alt;
      open.append(image);
      return open;
    });
    return make("div", "pictures", ...shown);
  }

  keep(bytes, type) {
    this.addresses.push(address(bytes, type));
    return this.addresses.at(-1);
  }

  /** Open the clip at one of its pictures, go there if it is open, or close it if it shows that picture. */
  toggle(at) {
    if (!this.shown.hidden && this.wanted === at) return this.close();
    this.wanted = at;
    this.shown.hidden = false;
    if (this.clip) return this.go();
    if (this.shown.childElementCount) return undefined; // it is on its way
    const { width, height } = this.facts;
    const room = make("div", "room");
    room.style.aspectRatio = `${width} / ${height}`; // so that nothing moves when the clip comes
    room.style.maxWidth = `${Math.round((HIGHEST * width) / height)}px`;
    this.shown.replaceChildren(room, make("div", "dim caption"), button("close", "more", () => this.close()));
    this.caption(this.facts.clip ? "The clip is on its way." : "This row has no clip.");
    if (this.facts.clip) this.ask(this.facts.id);
    const body = this.node.closest(".body");
    const below = this.shown.getBoundingClientRect().bottom - body.getBoundingClientRect().bottom;
    if (below > 0) body.scrollTop += below;
    return undefined;
  }

  close() {
    this.shown.hidden = true;
    this.shown.querySelector("video")?.pause();
  }

  /** Take the clip: a film, or its pictures; or why there is none. */
  take(message, bytes) {
    if (!this.shown.childElementCount) return; // another view of this page asked
    if (message.error) return this.caption(message.error);
    if (this.clip) return;
    this.clip = { ...message, sources: bytes.map((one) => this.keep(one, message.type)) };
    const film = message.type === "video/mp4";
    const node = make(film ? "video" : "img", "");
    if (film) Object.assign(node, { controls: true, loop: true, muted: true, playsInline: true, src: this.clip.sources[0] });
    this.shown.querySelector(".room").replaceChildren(node);
    this.go();
  }

  /** Show the moment of the picture that was clicked. */
  go() {
    const { times, sources, where } = this.clip;
    const time = this.facts.pictures[this.wanted].time;
    const node = this.shown.querySelector("video, img");
    if (node.tagName === "VIDEO") {
      node.currentTime = Math.max(0, time - times[0]);
      node.play().catch(() => {}); // the browser may want a click first; its controls are there
    } else {
      const nearest = times.reduce((best, one, at) => (Math.abs(one - time) < Math.abs(times[best] - time) ? at : best), 0);
      node.src = sources[nearest];
      node.alt = this.facts.pictures[this.wanted].alt;
    }
    this.caption(where);
  }

  caption(text) {
    say(this.shown.querySelector(".caption"), text);
  }

  /** Return whether the row has a text in it, in small letters. */
  has(text) {
    return [this.facts.text, this.facts.when, this.facts.error || ""].join("\n").toLowerCase().includes(text);
  }

  remove() {
    this.node.remove();
    this.addresses.forEach((one) => URL.revokeObjectURL(one));
  }
}
