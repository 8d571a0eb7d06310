// What a typed line means: `/imagine prompt: a red apple steps: 20`.

export const STRING = 3;
export const BOOLEAN = 5;

const KINDS = { 3: "text", 4: "whole number", 5: "true or false", 10: "number" };

/** {command, options}, or {fault: a sentence}. Values stay texts: the server knows their types. */
export function parseLine(line, commands) {
  const match = /^\/(\S+)\s*(.*)$/s.exec(line.trim());
  if (!match) return { fault: "Only commands can be sent here. Type / to see them." };
  const command = commands.find(({ name }) => name === match[1].toLowerCase());
  if (!command) return { fault: `There is no command /${match[1]}.` };
  return { command, options: parseOptions(match[2], command) };
}

/** Pairs of `name: value`; what stands before the first is the first required text's. */
function parseOptions(text, command) {
  const marks = optionMarks(text, command);
  const options = {};
  const first = text.slice(0, marks[0]?.start).trim();
  const taker = command.options.find(({ type, required }) => type === STRING && required) ?? command.options[0];
  if (first && taker) options[taker.name] = first;
  marks.forEach(({ name, end }, index) => {
    const value = text.slice(end, marks[index + 1]?.start).trim();
    if (value) options[name] = value;
  });
  return options;
}

/** Where the names of options stand in a text: [{name, start, end}]. */
export function optionMarks(text, command) {
  const names = command.options.map(({ name }) => name.replace(/[^\p{L}\p{N}_]/gu, "\\$&"));
  if (!names.length) return [];
  const pattern = new RegExp(`(?<=^|\\s)(${names.join("|")}):`, "giu");
  const marks = [];
  for (const match of text.matchAll(pattern)) {
    const name = match[1].toLowerCase();
    const isFirst = !marks.some((mark) => mark.name === name);
    if (isFirst) marks.push({ name, start: match.index, end: match.index + match[0].length });
  }
  return marks;
}

/** What an option takes, in a few words: "whole number, 1 to 50". */
export function optionHint(option) {
  const { min_value: least, max_value: most } = option;
  const parts = [option.choices?.length ? option.choices.map(({ name }) => name).join(", ") : KINDS[option.type]];
  if (least !== undefined && most !== undefined) parts.push(`${least} to ${most}`);
  else if (least !== undefined) parts.push(`at least ${least}`);
  else if (most !== undefined) parts.push(`at most ${most}`);
  return parts.filter(Boolean).join(", ");
}
