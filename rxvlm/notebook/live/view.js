// The live view of a stream. The kernel keeps its state; a view asks for it, and is then told what changes.

const PAGE = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()); // a page that is loaded again is another
const PATIENCE = 3000; // milliseconds until a kernel that does not answer is asked again, or called busy
const SILENCE = 15000; // milliseconds without a word from the kernel, which speaks once a second

class View {
  constructor(model, el) {
    this.model = model;
    this.id = `${PAGE}-${Math.random()}`;
    this.cameras = new Map();
    this.rows = new Map();
    this.over = false;
    this.heard = 0;
    this.heading = make("div", "heading-line");
    this.costs = make("div", "dim");
    this.failed = make("div", "trouble");
    this.note = make("div", "note");
    this.pause = button("Pause", "act", () => this.act(this.paused ? "resume" : "pause"));
    this.stop = button("Stop", "act", () => this.act("stop"));
    this.search = Object.assign(make("input", "search"), { type: "search", placeholder: "Filter cameras and answers" });
    this.search.addEventListener("input", () => this.filter());
    for (const one of [this.costs, this.failed, this.note, this.search, this.pause, this.stop]) one.hidden = true;
    const top = make("div", "top", make("div", "words", this.heading, this.costs), make("div", "acts", this.pause, this.stop));
    this.head = make("div", "head", top, this.failed, this.note, this.search);
    this.body = make("div", "body");
    this.root = make("div", "rxvlm-view");
    this.root.append(this.head, this.body);
    el.append(this.root);
    this.listen();
  }

  listen() {
    const onMessage = (message, buffers) => this.take(message, buffers || []);
    this.model.on("msg:custom", onMessage);
    const ask = () => this.heard || this.send({ kind: "hello" });
    const clock = setInterval(() => this.look(ask), PATIENCE);
    const themes = new MutationObserver(() => this.paint());
    themes.observe(document.body, { attributes: true });
    this.ends = [
      () => this.model.off("msg:custom", onMessage),
      () => clearInterval(clock),
      () => themes.disconnect(),
      () => this.rows.forEach((row) => row.remove()),
      () => this.style?.remove(),
    ];
    ask();
  }

  send(message) {
    try {
      this.model.send({ ...message, view: this.id, page: PAGE });
    } catch {
      // no kernel: what is saved beside this view is shown instead
    }
  }

  /** Ask to stop, to pause or to go on; a kernel that is busy hears it later. */
  act(kind) {
    this.send({ kind });
    this.acted = Date.now();
  }

  look(ask) {
    ask();
    const now = Date.now();
    const busy = this.acted && now - this.acted > PATIENCE / 2;
    const silent = this.heard && !this.over && now - this.heard > SILENCE;
    const since = silent ? new Date(this.heard).toLocaleTimeString("en-GB") : "";
    if (silent) say(this.note, `Nothing was heard from the kernel since ${since}: it may be busy, or have been restarted.`);
    else say(this.note, busy ? "The kernel is busy and has not heard it yet. To end a cell that waits, interrupt it." : "");
  }

  take(message, buffers) {
    if (message.kind === "film") return this.rows.get(message.row)?.take(message, buffers);
    this.heard = Date.now();
    if (!this.style) this.appear();
    if (message.kind === "all") {
      const there = new Set(message.rows.map((row) => row.id));
      [...this.rows.keys()].filter((id) => !there.has(id)).forEach((id) => this.drop(id));
    }
    (message.cameras || []).forEach((facts) => this.camera(facts.name).take(facts));
    let at = 0;
    for (const facts of message.rows || []) {
      const pictures = buffers.slice(at, (at += facts.pictures.length));
      if (!this.rows.has(facts.id)) this.add(facts, pictures);
    }
    (message.gone || []).forEach((id) => this.drop(id));
    if (message.head) this.takeHead(message.head);
    return undefined;
  }

  takeHead(head) {
    const changed = head.paused !== this.paused || head.over !== this.over;
    Object.assign(this, { paused: head.paused, over: head.over });
    if (changed) this.acted = 0;
    say(this.heading, head.heading);
    say(this.costs, head.costs);
    say(this.failed, head.failed);
    say(this.pause, head.paused ? "Go on" : "Pause");
    this.pause.hidden = head.over || !head.pausable;
    say(this.stop, "Stop");
    this.stop.hidden = head.over;
    this.root.classList.toggle("over", head.over);
    if (changed || !this.acted) say(this.note, "");
  }

  /** Show this view instead of what is saved beside it, from the first word of the kernel on. */
  appear() {
    const saved = `[data-rxvlm-saved="${CSS.escape(this.model.get("saved"))}"]`;
    this.style = make("style", "", `${saved}, .jp-OutputArea-child:has(${saved}) { display: none !important }`);
    document.head.append(this.style);
    this.root.style.height = `${this.model.get("height")}px`;
    this.root.classList.add("rxvlm-live");
    this.book = this.root.closest(".jp-Notebook");
    this.paint();
  }

  paint() {
    this.root.classList.toggle("dark", isDark(this.root));
  }

  camera(name) {
    if (!this.cameras.has(name)) {
      const camera = new Camera(name);
      this.cameras.set(name, camera);
      this.body.append(camera.node);
      const [first] = this.cameras.values();
      const many = this.cameras.size > 1;
      this.root.classList.toggle("many", many);
      this.search.hidden = !many;
      if (many) first.node.insertBefore(first.facts, first.list);
      else this.head.append(camera.facts);
      if (many) first.node.insertBefore(first.trouble, first.facts);
      else this.head.append(camera.trouble);
    }
    return this.cameras.get(name);
  }

  add(facts, pictures) {
    const row = new Row(facts, pictures, (id) => this.send({ kind: "film", row: id }));
    this.rows.set(facts.id, row);
    this.camera(facts.camera).add(row);
    if (this.search.value) this.filter();
  }

  drop(id) {
    const row = this.rows.get(id);
    if (row) this.camera(row.facts.camera).drop(id);
    this.rows.delete(id);
  }

  filter() {
    const text = this.search.value.trim().toLowerCase();
    this.cameras.forEach((camera) => camera.filter(text));
  }

  /** Leave; say so where the notebook stays, since then the output was cleared, or the cell deleted. */
  leave() {
    const { book } = this;
    this.ends.forEach((end) => end());
    setTimeout(() => book?.isConnected && this.send({ kind: "gone" }), 300);
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.leave();
  },
};
