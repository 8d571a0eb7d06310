// What can be called in a channel, and what a typed line calls.

const CHAT_INPUT = 1;
const HOLDING_OTHERS = [1, 2];

/** Each command, or each sub-command of one that has some: {name: "group sub", path, description, options}. */
export function callable(commands) {
  return commands.filter(({ type }) => type === CHAT_INPUT).flatMap((command) => leaves(command, []));
}

function leaves(node, above) {
  const path = [...above, node.name];
  const options = node.options ?? [];
  const inner = options.filter(({ type }) => HOLDING_OTHERS.includes(type));
  if (inner.length) return inner.flatMap((child) => leaves(child, path));
  return [{ name: path.join(" "), path, description: node.description, options }];
}

/** A call as the sandbox takes it: the values lie in the objects of the sub-commands. */
export function call({ path: [name, ...inner] }, values) {
  return { name, options: inner.reduceRight((nested, part) => ({ [part]: nested }), values) };
}

/** {command, rest} of a line that names a command and goes on: "/imagine " or "/imagine prompt: x". */
export function calledBy(line, commands) {
  for (const command of commands) {
    const start = `/${command.name}`;
    const rest = line.slice(start.length);
    if (line.toLowerCase().startsWith(start) && /^\s/.test(rest)) return { command, rest };
  }
  return null;
}

/** Commands for what is typed after the slash, those first whose names begin so. */
export function commandsLike(typed, commands) {
  const wanted = typed.toLowerCase().trim();
  const found = commands.filter(({ name }) => name.includes(wanted));
  return found.sort((one, other) => other.name.startsWith(wanted) - one.name.startsWith(wanted));
}

/** {first, pairs}: what stands before the first `name:`, and [option, text] of each; a blank at an end stays for what is typed next. */
export function splitOptions(text, options) {
  const marks = [];
  for (const match of text.matchAll(markPattern(options, "giu"))) {
    const option = named(match[2], options);
    const isFirst = !marks.some((mark) => mark.option === option);
    if (isFirst) marks.push({ option, start: match.index, end: match.index + match[0].length });
  }
  const pairs = marks.map(({ option, end }, index) => [option, text.slice(end, marks[index + 1]?.start).trimStart()]);
  return { first: text.slice(0, marks[0]?.start).trimStart(), pairs };
}

/** {option, before} when a text ends with the name of an option and a colon, as one types it. */
export function endingMark(text, options) {
  const match = markPattern(options, "iu", "$").exec(text);
  return match && { option: named(match[2], options), before: text.slice(0, match.index) };
}

function markPattern(options, flags, end = "") {
  const names = options.map(({ name }) => name.replace(/[^\p{L}\p{N}_]/gu, "\\$&"));
  // Where there are no options nothing matches.
  return new RegExp(names.length ? `(^|\\s)(${names.join("|")}):${end}` : "(?!)", flags);
}

function named(name, options) {
  return options.find((option) => option.name === name.toLowerCase());
}
