// The markdown that bots use, as nodes.

import { element } from "./elements.js";
import { moment } from "./times.js";

const FENCE = /```(?:[\w+-]*\n)?([\s\S]+?)```/g;
const JUMP = /^https?:\/\/[^/]+\/channels\/(?:\d+|@me)\/\d+\/(\d+)$/;

// Tried in this order at each place of a text; each builds a node of its match.
const INLINE = [
  [/\\([^\w\s])/y, ([, sign]) => sign],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, ([, , code]) => element("code", {}, code)],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, ([, text], names) => element("strong", {}, inline(text, names))],
  [/\*(?!\s)((?:\\[\s\S]|[^\\*])+)\*/y, ([, text], names) => element("em", {}, inline(text, names))],
  [/\b_((?:\\[\s\S]|[^\\_])+)_(?!\w)/y, ([, text], names) => element("em", {}, inline(text, names))],
  [/<t:(-?\d{1,12})(?::([tTdDfFR]))?>/y, ([, unix, style]) => moment(Number(unix), style)],
  [/<@!?(\d+)>/y, ([, id], names) => element("span", { class: "mention" }, `@${names.get(id) ?? "unknown"}`)],
  [/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y, ([, text, url], names) => link(url, inline(text, names))],
  [/<(https?:\/\/[^\s>]+)>/y, ([, url]) => link(url)],
  [/https?:\/\/[^\s<]*[^\s<.,:;"')\]]/y, ([url]) => link(url)],
];

/** A fragment for a message's text; `names` maps the ids of users to their names. */
export function markdown(text, names) {
  const built = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(FENCE)) {
    built.append(lines(text.slice(end, match.index), names));
    built.append(element("pre", {}, element("code", {}, match[1].replace(/\n$/, ""))));
    end = match.index + match[0].length;
  }
  built.append(lines(text.slice(end), names));
  return built;
}

/** Lines in their kinds: what follows `> ` is quoted, what follows `-# ` is subtext. */
function lines(text, names) {
  const built = document.createDocumentFragment();
  const trimmed = text.replace(/^\n|\n$/g, "");
  if (!trimmed) return built;
  for (const group of grouped(trimmed.split("\n"))) {
    const joined = group.lines.join("\n");
    if (group.kind === "quote") built.append(element("blockquote", {}, inline(joined, names)));
    else if (group.kind === "subtext") built.append(element("small", {}, inline(joined, names)));
    else built.append(element("p", {}, inline(joined, names)));
  }
  return built;
}

function grouped(lines) {
  const groups = [];
  for (const line of lines) {
    const [, mark] = /^(> |-# )/.exec(line) ?? [];
    const kind = { "> ": "quote", "-# ": "subtext" }[mark] ?? "text";
    if (groups.at(-1)?.kind !== kind) groups.push({ kind, lines: [] });
    groups.at(-1).lines.push(line.slice(mark?.length ?? 0));
  }
  return groups;
}

function inline(text, names) {
  const built = document.createDocumentFragment();
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const [match, build] = ruleAt(text, at);
    if (match) {
      built.append(plain, build(match, names));
      plain = "";
      at += match[0].length;
    } else {
      plain += text[at++];
    }
  }
  built.append(plain);
  return built;
}

function ruleAt(text, at) {
  for (const [pattern, build] of INLINE) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return [match, build];
  }
  return [];
}

/** A link to a message leads to it on this page; any other opens beside it. */
function link(url, text) {
  const [, messageId] = JUMP.exec(url) ?? [];
  if (messageId) return element("a", { href: `#message-${messageId}`, class: "jump" }, text ?? "#paintings › message");
  return element("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, text ?? url);
}
