// What the typing of a line makes of a draft.

import { calledBy, endingMark } from "./commands.js";

/** Turn a line that names a command and goes on into its fields: {field} that it ends in, if any; null for any other line. */
export function openTyped(draft, commands) {
  const called = calledBy(draft.text, commands);
  if (!called) return null;
  draft.open(called.command);
  return { field: draft.fill(called.rest) };
}

/** The field whose name and colon were typed last into a text, which loses them; null for none. */
export function fieldTyped(draft, input) {
  if (!input.matches("textarea, [type=text]")) return null;
  const { value, selectionStart: caret } = input;
  const field = draft.fieldOf(input);
  const mark = endingMark(value.slice(0, caret), draft.command.options);
  if (!mark || mark.option === field?.option) return null;
  const rest = mark.before + value.slice(caret);
  if (field) field.text = rest;
  else draft.fill(rest);
  return draft.add(mark.option);
}
