// Connects the grid of bytes and the tree of fields of each explanation on the page. Without this script the page is
// complete: each byte is a link to its field, and the tree is nested details.
"use strict";

// ---- One explanation: a grid for each buffer, and a tree ------------------------------------------------------------

class Explanation {
  constructor(root) {
    this.root = root;
    this.grids = root.querySelector(".grids");
    this.tree = root.querySelector(".tree");
    this.pinned = null;
    this.marked = [];
    // For each buffer, its cells: bytes in hexadecimal, and as text.
    this.bytes = [...root.querySelectorAll("table.bytes")].map((table) => ({
      hex: [...table.querySelectorAll("td.hex [data-leaf]")],
      text: [...table.querySelectorAll("td.text [data-leaf]")],
    }));
    this.place = new Map();
    this.bytes.forEach(({ hex }, buffer) => hex.forEach((cell, at) => this.place.set(cell, { buffer, at })));
    this.foldFieldLines();
    this.addTools();
    this.addInspector();
    this.listen();
    this.describeGrid();
  }

  // The field of a byte; of several that share its bits, the first.
  leaf(cell) {
    return document.getElementById(cell.dataset.leaf.split(" ")[0]);
  }

  // The element that a node's label is in: the summary of a group, or a leaf itself.
  handle(node) {
    return node.querySelector(":scope > summary") || node;
  }

  // All cells of a node, in both columns.
  cells(node) {
    const [first, last] = (node.dataset.bytes || "").split("-").map(Number);
    const buffer = this.bytes[Number(node.dataset.buffer)];
    if (!buffer || Number.isNaN(last)) return [];
    return [...buffer.hex.slice(first, last + 1), ...buffer.text.slice(first, last + 1)];
  }

  // ---- Marking and pinning ------------------------------------------------------------------------------------------

  mark(node, cell) {
    for (const element of this.marked) element.classList.remove("marked");
    this.marked = node ? [this.handle(node), ...this.cells(node)] : [];
    for (const element of this.marked) element.classList.add("marked");
    this.inspect(node, cell);
  }

  pin(node, cell) {
    if (this.pinned) for (const element of this.pinnedElements) element.classList.remove("pinned");
    this.pinned = node;
    this.pinnedElements = node ? [this.handle(node), ...this.cells(node)] : [];
    for (const element of this.pinnedElements) element.classList.add("pinned");
    this.mark(node, cell);
  }

  // Opens what a node is folded into, and scrolls as little as possible.
  reveal(node) {
    for (let up = node.parentElement; up && up !== this.tree; up = up.parentElement) {
      if (up.tagName === "DETAILS") up.open = true;
    }
    this.handle(node).scrollIntoView({ block: "nearest" });
  }

  revealBytes(node) {
    const [first] = this.cells(node);
    if (first && this.grids.scrollHeight > this.grids.clientHeight) first.scrollIntoView({ block: "nearest" });
  }

  // ---- Pointer and keyboard -------------------------------------------------------------------------------------------

  listen() {
    this.root.addEventListener("pointerover", (event) => {
      if (this.inspector.contains(event.target)) return; // on the way to one of its links
      this.mark(this.nodeUnder(event.target) || this.pinned, this.cellUnder(event.target));
    });
    this.root.addEventListener("pointerleave", () => this.mark(this.pinned));
    this.root.addEventListener("focusin", (event) => {
      const node = this.nodeUnder(event.target);
      if (node) this.mark(node, this.cellUnder(event.target));
      if (this.place.has(event.target)) this.rove(event.target);
    });
    this.root.addEventListener("click", (event) => this.onClick(event));
    this.root.addEventListener("keydown", (event) => this.onKey(event));
  }

  // The byte under the pointer, in either column, as its cell in the hexadecimal one.
  cellUnder(element) {
    const cell = element.closest("[data-leaf]");
    const buffer = cell && this.bytes.find(({ text }) => text.includes(cell));
    return buffer ? buffer.hex[buffer.text.indexOf(cell)] : cell;
  }

  nodeUnder(element) {
    const cell = element.closest("[data-leaf]");
    return cell ? this.leaf(cell) : element.closest(".node");
  }

  onClick(event) {
    const cell = event.target.closest("[data-leaf]");
    if (!cell && event.target.closest("a, button")) return; // a link of its own
    const node = this.nodeUnder(event.target);
    if (!node) return;
    if (cell) {
      event.preventDefault();
      this.reveal(node);
    } else {
      this.revealBytes(node);
    }
    this.pin(node === this.pinned && !cell ? null : node, this.cellUnder(event.target));
  }

  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return this.pin(null);
    const done = this.place.has(event.target) ? this.keyInGrid(event) : this.keyInTree(event);
    if (done) event.preventDefault();
  }

  // In the grid: arrows go from byte to byte, Enter goes to the field.
  keyInGrid(event) {
    const { buffer, at } = this.place.get(event.target);
    const cells = this.bytes[buffer].hex;
    const row = at - (at % 16);
    const goal = {
      ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 16, ArrowDown: at + 16,
      Home: row, End: Math.min(row + 15, cells.length - 1), PageUp: 0, PageDown: cells.length - 1,
    }[event.key];
    if (goal !== undefined) {
      if (cells[goal]) cells[goal].focus();
      return true;
    }
    if (event.key !== "Enter" && event.key !== " ") return false;
    const node = this.leaf(event.target);
    this.pin(node);
    this.reveal(node);
    this.focusNode(node);
    return true;
  }

  // In the tree: arrows up and down go from line to line, left and right fold and unfold, Enter on a leaf goes to its bytes.
  keyInTree(event) {
    const node = event.target.closest(".node");
    if (!node || this.handle(node) !== event.target) return false;
    const isGroup = node.tagName === "DETAILS";
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) {
      const visible = this.visibleNodes();
      const next = visible[visible.indexOf(node) + step];
      if (next) this.focusNode(next);
      return true;
    }
    if (event.key === "ArrowRight" && isGroup) {
      node.open = true;
      return true;
    }
    if (event.key === "ArrowLeft") {
      const parent = node.parentElement.closest(".node");
      if (isGroup && node.open) node.open = false;
      else if (parent) this.focusNode(parent);
      return true;
    }
    if (event.key === "Enter" && !isGroup && this.cells(node).length) {
      this.pin(node);
      this.cells(node)[0].focus();
      return true;
    }
    return false;
  }

  visibleNodes() {
    return [...this.tree.querySelectorAll(".node")].filter((node) => this.handle(node).checkVisibility());
  }

  focusNode(node) {
    const handle = this.handle(node);
    if (handle === node) node.tabIndex = -1; // a leaf; a summary can be focused as it is
    handle.focus();
  }

  // One byte of each grid is in the order of the tab key: the last that had the focus.
  rove(cell) {
    for (const other of this.bytes[this.place.get(cell).buffer].hex) other.tabIndex = -1;
    cell.tabIndex = 0;
    if (!cell.ariaLabel) cell.ariaLabel = this.describe(cell);
  }

  describe(cell) {
    const node = this.leaf(cell);
    const [name, value] = ["name", "value"].map((part) => this.part(node, part)?.textContent || "");
    return `${cell.title}, hexadecimal ${cell.textContent}, ${name} ${value}`;
  }

  describeGrid() {
    this.grids.setAttribute("role", "group");
    this.grids.setAttribute("aria-label", "The bytes. Arrow keys go from byte to byte, Enter to the field.");
    for (const { hex } of this.bytes) if (hex[0]) hex[0].tabIndex = 0;
  }

  // ---- The tree, shorter ------------------------------------------------------------------------------------------------

  part(node, name) {
    return this.handle(node).querySelector(`:scope > .${name}`);
  }

  children(node) {
    return [...node.querySelectorAll(":scope > .node")];
  }

  // A field line shows its value while it is folded.
  foldFieldLines() {
    for (const line of this.tree.querySelectorAll("details.node")) {
      const value = this.children(line).find((child) => this.part(child, "name")?.textContent === "field value");
      const own = value && this.part(value, "value");
      const name = this.part(line, "name");
      const note = this.part(line, "note");
      if (!own || !name || !note) continue;
      const [field, meaning] = note.textContent.split(/: (.*)/s);
      name.textContent = field;
      note.textContent = meaning || "";
      note.before(own.cloneNode(true), " ");
      line.open = false;
    }
  }

  addTools() {
    const tools = document.createElement("div");
    tools.className = "tools";
    for (const [label, open] of [["Unfold all", true], ["Fold all", false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        for (const group of this.tree.querySelectorAll("details.node details.node")) group.open = open;
      });
      tools.append(button);
    }
    this.tree.prepend(tools);
  }

  // ---- What is under the pointer, in one place ------------------------------------------------------------------------

  addInspector() {
    this.inspector = document.createElement("div");
    this.inspector.className = "inspector";
    this.grids.prepend(this.inspector);
    this.inspect(null);
  }

  inspect(node, cell) {
    this.inspector.replaceChildren();
    if (!node) {
      const hint = document.createElement("p");
      hint.className = "hint";
      hint.innerHTML = "Point at a byte or a field. Click, or <kbd>Enter</kbd>, holds it; <kbd>Esc</kbd> lets go; "
        + "arrow keys go from byte to byte.";
      this.inspector.append(hint);
      return;
    }
    const which = cell && `${cell.title}, 0x${cell.textContent}, of`;
    this.say(which, this.part(node, "place"), this.part(node, "name"), this.part(node, "value"));
    const line = node.parentElement.closest(".node");
    const above = line && this.part(line, "note");
    if (above) this.say(this.part(line, "name"), above);
    this.say(this.part(node, "note"), this.part(node, "section"), this.part(node, "source"));
  }

  // A line of text and copies of elements; what is missing is left out.
  say(...parts) {
    const line = document.createElement("p");
    for (const part of parts) if (part) line.append(part.cloneNode ? part.cloneNode(true) : part, " ");
    if (line.hasChildNodes()) this.inspector.append(line);
  }
}

// ---- The connection's numbers, asked for again ------------------------------------------------------------------------

function addAskAgain() {
  const table = document.querySelector("table.numbers:has([data-number])");
  if (!table) return;
  const tools = document.createElement("div");
  tools.className = "tools";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Ask again";
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  tools.append(button, said);
  table.parentElement.before(tools);
  button.addEventListener("click", async () => {
    try {
      const answer = await fetch("/json", { cache: "no-store" });
      showNumbers(table, (await answer.json()).connection, said);
    } catch {
      said.textContent = "The lab does not answer any more.";
    }
  });
}

function showNumbers(table, numbers, said) {
  for (const cell of table.querySelectorAll("[data-number]")) {
    const number = numbers[cell.dataset.number];
    cell.classList.toggle("changed", Boolean(number) && number.value !== cell.textContent);
    if (!number) continue;
    cell.textContent = number.value;
    cell.nextElementSibling.textContent = number.meaning;
  }
  said.textContent = `Connection ${numbers.connection.value}, request ${numbers.requests.value}.`;
}

// ---- Numbers that change by themselves --------------------------------------------------------------------------------

// A section with data-poll is asked for its numbers while it can be seen; each goes where its name is in data-live. Buttons
// of its forms then need no new page.
function keepLive(section) {
  const places = [...document.querySelectorAll("[data-live]")];
  const show = (numbers) => {
    for (const place of places) {
      const value = numbers[place.dataset.live];
      if (value === undefined) continue;
      if (place.tagName === "METER") place.value = value;
      else if (place.textContent !== String(value)) place.textContent = value;
    }
  };
  const ask = () => fetch(section.dataset.poll).then((answer) => answer.json()).then(show);
  const tick = async () => {
    if (!document.hidden) await ask().catch(() => {});
    setTimeout(tick, 300);
  };
  for (const form of section.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = new URLSearchParams([[event.submitter.name, event.submitter.value]]);
      fetch(form.action, { method: "POST", body, redirect: "manual" }).then(ask).catch(() => {});
    });
  }
  tick();
}

// ---- All of it --------------------------------------------------------------------------------------------------------

for (const root of document.querySelectorAll(".explanation")) new Explanation(root);
for (const section of document.querySelectorAll("[data-poll]")) keepLive(section);
addAskAgain();
document.documentElement.dataset.enhanced = "yes";
