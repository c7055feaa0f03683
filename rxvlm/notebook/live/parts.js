// Small parts of the live view. What models say is untrusted: it becomes text nodes, never HTML.

/** Make an element of a class, with a text or with children. */
function make(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

/** Make a button that calls a function; its label is what a screen reader says. */
function button(label, name, act) {
  const node = make("button", name, label);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

/** Set the text of an element, if it is another one: a selection in it is kept otherwise. */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = text === "";
}

const INLINE = /(\*\*|__)(?=\S)(.+?)\1|`([^`]+)`|\*(?=\S)([^*]+?)\*|!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g;

/** Return the nodes of one line of Markdown: bold, italic and code; of links and pictures the words alone. */
function inline(line) {
  const nodes = [];
  let end = 0;
  for (const found of line.matchAll(INLINE)) {
    nodes.push(line.slice(end, found.index));
    end = found.index + found[0].length;
    if (found[2]) nodes.push(make("strong", "", found[2]));
    else if (found[3]) nodes.push(make("code", "", found[3]));
    else if (found[4]) nodes.push(make("em", "", found[4]));
    else nodes.push(found[5] || found[6]);
  }
  return [...nodes, line.slice(end)];
}

/** Return an answer as elements, one for each of its lines. */
function answer(text) {
  return text.split("\n").map((line) => {
    const [, marks, words] = line.match(/^\s*(#{1,6}\s+|[-*+]\s+)?(.*)$/);
    const shown = make("div", "", ...inline(words));
    if (marks) shown.className = marks[0] === "#" ? "heading" : "point";
    return shown;
  });
}

const FEW_LETTERS = 280; // shown without a click
const FEW_LINES = 4;

/** Return an answer that is folded if it is long. */
function folding(text, name) {
  const said = make("div", name, ...answer(text));
  if (text.length <= FEW_LETTERS && text.split("\n").length <= FEW_LINES) return [said];
  said.classList.add("folded");
  const more = button("more", "more", () => {
    more.textContent = said.classList.toggle("folded") ? "more" : "less";
  });
  return [said, more];
}

/** Return a text that shows only what it is until it is clicked; nothing if it is empty. */
function hidden(called, text) {
  if (!text) return [];
  return [make("details", "", make("summary", "", called), make("pre", "", text))];
}

/** Return an address of bytes for this page, which is given back with `URL.revokeObjectURL`. */
function address(bytes, type) {
  return URL.createObjectURL(new Blob([bytes], { type }));
}

/** Return whether the theme around an element is dark, by the colour of its text. */
function isDark(node) {
  const [red, green, blue] = (getComputedStyle(node).color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue > 128;
}
