// The marks inside a paragraph, in one pass: no part of a text is read more often than a few times.

import { element } from "../elements.js";
import { link } from "../links.js";
import { MENTIONS } from "./mentions.js";
import { spoiler } from "./spoilers.js";

const PLAIN = /[^\\`*_~|<[\]h@]+/y;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const RUN = /(\*+|_+|~~|\|\|)/y;
const TARGET = /\]\(<?(https?:\/\/[^\s()[\]<>]+(?:\([^\s()[\]<>]*\)[^\s()[\]<>]*)?)>?\)/y;
const QUIET_LINK = /<(https?:\/\/[^\s<>]+)>/y;
const LINK = /https?:\/\/[^\s<]+/y;
const AFTER_LINK = ".,:;!?\"'*_~|)]";
const WORD = /\w/;

const BUILDERS = {
  "**": (children) => element("strong", {}, ...children),
  "*": (children) => element("em", {}, ...children),
  __: (children) => element("u", {}, ...children),
  _: (children) => element("em", {}, ...children),
  "~~": (children) => element("s", {}, ...children),
  "||": (children) => spoiler("text", children),
};

/** Nodes and texts for a text without blocks. */
export function inline(text) {
  return new Reader(text).read();
}

/** Reads from left to right. A mark that may open something waits in a frame, of which each kind of
 * mark has one at most; what never closes becomes text again. */
class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.links = 0;
    this.frames = [{ mark: "", children: [] }];
    this.codeEnds = codeEnds(text);
  }

  read() {
    while (this.at < this.text.length) this.step();
    while (this.frames.length > 1) this.giveUp();
    return this.frames[0].children;
  }

  step() {
    const [plain] = this.match(PLAIN) ?? [];
    if (plain) return this.add(plain);
    const sign = this.text[this.at];
    if (sign === "`") return this.code();
    if (sign === "[") return this.bracket();
    if (sign === "]" && this.target()) return true;
    const [run] = this.match(RUN) ?? [];
    if (run) return this.marks(run);
    return this.atom() || this.add(this.text[this.at++]);
  }

  /** The match of a sticky pattern here, which is then passed. */
  match(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at += match[0].length;
    return match;
  }

  add(node) {
    this.frames.at(-1).children.push(node);
    return true;
  }

  /** What is one piece: an escaped sign, a mention, an address. */
  atom() {
    const escaped = this.match(ESCAPED);
    if (escaped) return this.add(escaped[1]);
    for (const [pattern, build] of MENTIONS) {
      const match = this.match(pattern);
      if (match) return this.add(build(match));
    }
    return this.address();
  }

  address() {
    const quiet = this.match(QUIET_LINK);
    if (quiet) return this.addLink(quiet[1]);
    const found = this.match(LINK);
    if (!found) return false;
    const url = withoutEnding(found[0]);
    this.at -= found[0].length - url.length;
    return this.addLink(url);
  }

  addLink(url) {
    if (!URL.canParse(url)) return this.add(url);
    this.links += 1;
    return this.add(link(url));
  }

  code() {
    const end = this.codeEnds.get(this.at);
    const length = runLength(this.text, this.at);
    if (end === undefined) this.add(this.text.slice(this.at, this.at + length));
    else this.add(element("code", {}, this.text.slice(this.at + length, end).replace(/^ (?=`)|(?<=`) $/g, "")));
    this.at = (end ?? this.at) + length;
  }

  /** A run of one sign is up to two marks: the innermost that is open closes first. */
  marks(run) {
    const before = this.text[this.at - run.length - 1] ?? "\n";
    const after = this.text[this.at] ?? "\n";
    if (run.length > 3) return this.add(run);
    for (let left = run; left; ) {
      const closing = this.closing(left, before, after);
      const mark = closing ?? left.slice(0, 2);
      if (closing) this.close(mark);
      else if (!this.has(mark) && opens(mark, before, after)) this.open(mark);
      else this.add(mark);
      left = left.slice(mark.length);
    }
    return true;
  }

  /** The innermost mark that a run closes; two signs never close one, and nothing closes empty. */
  closing(run, before, after) {
    const fits = ({ mark }) => mark && (run === mark || (run.length === 3 && run.startsWith(mark)));
    const frame = this.frames.findLast((candidate) => fits(candidate) && closes(candidate.mark, before, after));
    return frame && !this.isEmpty(frame) ? frame.mark : undefined;
  }

  isEmpty(frame) {
    return !frame.children.length && frame === this.frames.at(-1);
  }

  has(mark) {
    return this.frames.some((frame) => frame.mark === mark);
  }

  open(mark) {
    this.frames.push({ mark, children: [], links: this.links });
  }

  close(mark) {
    while (this.frames.at(-1).mark !== mark) this.giveUp();
    const { children } = this.frames.pop();
    this.add(BUILDERS[mark](children));
  }

  /** The innermost mark was text after all. */
  giveUp() {
    const { mark, children } = this.frames.pop();
    this.frames.at(-1).children.push(mark, ...children);
  }

  /** The last of several opening brackets is the one that counts. */
  bracket() {
    const waiting = this.frames.findIndex(({ mark }) => mark === "[");
    if (waiting > 0) {
      const [{ children }] = this.frames.splice(waiting, 1);
      this.frames[waiting - 1].children.push("[", ...children);
    }
    this.open("[");
    this.at += 1;
  }

  /** Whether this is the end of `[text](address)`; a link holds no other. */
  target() {
    const frame = this.frames.find(({ mark }) => mark === "[");
    if (!frame || this.isEmpty(frame) || frame.links !== this.links) return false;
    const [, url] = this.match(TARGET) ?? [];
    if (!url) return false;
    while (this.frames.at(-1) !== frame) this.giveUp();
    this.frames.pop();
    this.links += 1;
    return this.add(URL.canParse(url) ? link(url, frame.children) : `${frame.children.join("")} (${url})`);
  }
}

function opens(mark, before, after) {
  if (mark === "*") return !/\s/.test(after);
  if (mark === "_") return !WORD.test(before) && !/\s/.test(after);
  return true;
}

function closes(mark, before, after) {
  if (mark === "*") return !/\s/.test(before);
  return mark !== "_" || !WORD.test(after);
}

/** An address without the signs that end the sentence around it; a bracket it opened is its own. */
function withoutEnding(url) {
  let closing = url.split(")").length - url.split("(").length;
  let end = url.length;
  while (AFTER_LINK.includes(url[end - 1])) {
    if (url[end - 1] === ")" && closing-- <= 0) break;
    end -= 1;
  }
  return url.slice(0, end);
}

function runLength(text, start) {
  let end = start;
  while (text[end] === "`") end += 1;
  return end - start;
}

/** Where the code ends that begins at a run of backticks: at the next run of the same length. */
function codeEnds(text) {
  const ends = new Map();
  const next = new Map();
  for (const { 0: run, index } of [...text.matchAll(/`+/g)].reverse()) {
    if (next.has(run.length)) ends.set(index, next.get(run.length));
    next.set(run.length, index);
  }
  return ends;
}
