// The markdown that bots use, as nodes: blocks here, and in each the marks of inline.js.

import { element } from "../elements.js";
import { inline } from "./inline.js";
import { listBlock, LIST_LINE } from "./lists.js";

const FENCE = "```";
const LANGUAGE = /^[\w+#.-]*\n/;
const QUOTE = "> ";
const LONG_QUOTE = ">>> ";
const HEADING = /^(#{1,3}) +(\S.*)$/;
const SUBTEXT = /^-# +(\S.*)$/;
const HEADINGS = { 1: "h3", 2: "h4", 3: "h5" };

/** A fragment for a message's text. */
export function markdown(text) {
  return blocks(text, true);
}

/** A quote's text is read once more, without quotes in it. */
function blocks(text, mayQuote) {
  const built = document.createDocumentFragment();
  const source = { text, at: 0, lineEnd: -1, fences: fences(text), mayQuote };
  while (source.at < text.length) built.append(block(source));
  return built;
}

function block(source) {
  const line = lineAt(source);
  if (source.fences[0]?.start === source.at) return codeBlock(source);
  if (isQuote(source, line)) return quote(source, line);
  const special = specialLine(line);
  if (special) {
    takeLines(source, () => false);
    return special;
  }
  if (LIST_LINE.test(line)) return listBlock(takeLines(source, (next) => LIST_LINE.test(next)));
  return paragraph(source);
}

function isQuote({ mayQuote }, line) {
  return mayQuote && (line.startsWith(QUOTE) || line.startsWith(LONG_QUOTE));
}

/** Lines that each have the sign, or all that follows the long one. */
function quote(source, line) {
  const quoted = line.startsWith(LONG_QUOTE) ? takeRest(source) : takeQuoted(source);
  return element("blockquote", {}, blocks(quoted, false));
}

function takeRest(source) {
  const rest = source.text.slice(source.at + LONG_QUOTE.length);
  source.at = source.text.length;
  return rest;
}

function takeQuoted(source) {
  const lines = takeLines(source, (next) => next.startsWith(QUOTE));
  return lines.map((line) => line.slice(QUOTE.length)).join("\n");
}

/** What is a block by itself: a heading or a line of small text. */
function specialLine(line) {
  const [, signs, title] = HEADING.exec(line) ?? [];
  if (title) return element(HEADINGS[signs.length], {}, ...inline(title));
  const [, small] = SUBTEXT.exec(line) ?? [];
  return small ? element("small", {}, ...inline(small)) : null;
}

function paragraph(source) {
  const isPlain = (line) =>
    !isQuote(source, line) && !HEADING.test(line) && !SUBTEXT.test(line) && !LIST_LINE.test(line);
  return element("p", {}, ...inline(takeLines(source, isPlain).join("\n")));
}

function codeBlock(source) {
  const { end, code } = source.fences.shift();
  source.at = source.text[end] === "\n" ? end + 1 : end;
  return element("pre", { tabindex: 0 }, element("code", {}, code));
}

/** The line here and those after it that `belongs` accepts; code is in no other block. */
function takeLines(source, belongs) {
  const lines = [];
  do {
    const line = lineAt(source);
    lines.push(line);
    source.at += line.length;
    if (source.text[source.at] === "\n") source.at += 1;
    dropPassedFences(source);
  } while (source.at < source.text.length && source.fences[0]?.start !== source.at && belongs(lineAt(source)));
  return lines;
}

/** The rest of the line, up to the code that may begin in it. */
function lineAt(source) {
  const { text, at, fences: [fence] } = source;
  if (source.lineEnd < at) source.lineEnd = endOfLine(text, at);
  const line = text.slice(at, source.lineEnd);
  const isCut = fence && fence.start < source.lineEnd && !isQuote(source, line);
  return isCut ? text.slice(at, fence.start) : line;
}

/** Those in a quote are its own. */
function dropPassedFences(source) {
  while (source.fences[0]?.start < source.at) source.fences.shift();
}

/** Blocks of code, in order: {start, end, code}. */
function fences(text) {
  const found = [];
  for (let at = text.indexOf(FENCE); at >= 0; ) {
    const close = text.indexOf(FENCE, at + FENCE.length);
    if (close < 0) break;
    const inside = text.slice(at + FENCE.length, close);
    const code = inside.replace(LANGUAGE, "").replace(/\n$/, "");
    if (code.trim()) found.push({ start: at, end: close + FENCE.length, code });
    at = text.indexOf(FENCE, close + FENCE.length);
  }
  return found;
}

function endOfLine(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
