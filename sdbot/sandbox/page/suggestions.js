// What could be typed next, as {label, detail, hint, line}: `line` is the input after taking it.

import { BOOLEAN, optionHint, optionMarks } from "./commands.js";

export function suggestionsFor(line, commands) {
  if (!line.startsWith("/")) return [];
  const [, name, rest] = /^\/(\S*)(\s[\s\S]*)?$/.exec(line) ?? [];
  if (rest === undefined) return commandSuggestions(name ?? "", commands);
  const command = commands.find((candidate) => candidate.name === name.toLowerCase());
  return command ? optionSuggestions(line, rest, command) : [];
}

function commandSuggestions(name, commands) {
  return commands
    .filter((command) => command.type === 1 && command.name.startsWith(name.toLowerCase()))
    .map((command) => ({
      label: `/${command.name}`,
      detail: command.description,
      hint: command.options.map((option) => option.name).join(" "),
      line: `/${command.name} `,
    }));
}

/** The values of the option that is being typed, where it has few; otherwise the options left. */
function optionSuggestions(line, rest, command) {
  const marks = optionMarks(rest, command);
  const last = marks.at(-1);
  const typed = last && command.options.find(({ name }) => name === last.name);
  const value = last && rest.slice(last.end).trim();
  const values = typed ? valuesOf(typed) : [];
  if (values.length && !values.includes(value)) {
    const before = line.slice(0, line.length - rest.length + last.end);
    return values
      .filter((name) => name.toLowerCase().startsWith(value.toLowerCase()))
      .map((name) => ({ label: name, detail: "", hint: "", line: `${before} ${name} ` }));
  }
  return optionsLeft(line, rest, command, marks);
}

function optionsLeft(line, rest, command, marks) {
  const word = /\S*$/.exec(rest)[0].toLowerCase();
  const left = command.options.filter(({ name }) => !marks.some((mark) => mark.name === name));
  const matching = word ? left.filter(({ name }) => name.startsWith(word)) : left;
  return matching.map((option) => ({
    label: `${option.name}:`,
    detail: option.description,
    hint: option.required ? `required, ${optionHint(option)}` : optionHint(option),
    line: `${line.slice(0, line.length - word.length)}${option.name}: `,
  }));
}

function valuesOf(option) {
  if (option.type === BOOLEAN) return ["true", "false"];
  return (option.choices ?? []).map(({ name }) => name);
}
